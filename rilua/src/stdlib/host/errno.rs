//! Error numbers and their texts. Mirrors `strerror` of glibc in the C locale on
//! x86-64 Linux, which is where Lua's input and output messages come from.

use std::borrow::Cow;
use std::io;

/// A C error number (`errno`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    /// `EPERM`
    pub const NOT_PERMITTED: Self = Self(1);
    /// `ENOENT`
    pub const NO_ENTRY: Self = Self(2);
    /// `EIO`
    pub const IO: Self = Self(5);
    /// `EBADF`
    pub const BAD_FILE: Self = Self(9);
    /// `EACCES`
    pub const ACCESS: Self = Self(13);
    /// `EEXIST`
    pub const EXISTS: Self = Self(17);
    /// `EISDIR`
    pub const IS_DIRECTORY: Self = Self(21);
    /// `EINVAL`
    pub const INVALID: Self = Self(22);
    /// `ENOSPC`
    pub const NO_SPACE: Self = Self(28);
    /// `ESPIPE`
    pub const ILLEGAL_SEEK: Self = Self(29);
    /// `EPIPE`
    pub const BROKEN_PIPE: Self = Self(32);
    /// `ENOSYS`
    pub const NOT_IMPLEMENTED: Self = Self(38);

    /// The text Lua reports for this number, without a file name.
    #[must_use]
    pub fn message(self) -> Cow<'static, str> {
        strerror(self.0)
    }
}

impl From<io::Error> for Errno {
    /// The number of the system call behind the error. Errors that the Rust library
    /// found by itself have none and count as their nearest relative.
    fn from(error: io::Error) -> Self {
        match (error.raw_os_error(), error.kind()) {
            (Some(code), _) => Self(code),
            (None, io::ErrorKind::NotFound) => Self::NO_ENTRY,
            (None, io::ErrorKind::InvalidInput) => Self::INVALID,
            (None, _) => Self::IO,
        }
    }
}

/// The text of an error number.
#[must_use]
pub fn strerror(code: i32) -> Cow<'static, str> {
    let known = usize::try_from(code)
        .ok()
        .and_then(|code| MESSAGES.get(code));
    match known {
        Some(&text) if !text.is_empty() => Cow::Borrowed(text),
        _ => Cow::Owned(format!("Unknown error {code}")),
    }
}

/// By number; the unused ones are empty.
static MESSAGES: [&str; 134] = [
    "Success",
    "Operation not permitted",
    "No such file or directory",
    "No such process",
    "Interrupted system call",
    "Input/output error",
    "No such device or address",
    "Argument list too long",
    "Exec format error",
    "Bad file descriptor",
    "No child processes",
    "Resource temporarily unavailable",
    "Cannot allocate memory",
    "Permission denied",
    "Bad address",
    "Block device required",
    "Device or resource busy",
    "File exists",
    "Invalid cross-device link",
    "No such device",
    "Not a directory",
    "Is a directory",
    "Invalid argument",
    "Too many open files in system",
    "Too many open files",
    "Inappropriate ioctl for device",
    "Text file busy",
    "File too large",
    "No space left on device",
    "Illegal seek",
    "Read-only file system",
    "Too many links",
    "Broken pipe",
    "Numerical argument out of domain",
    "Numerical result out of range",
    "Resource deadlock avoided",
    "File name too long",
    "No locks available",
    "Function not implemented",
    "Directory not empty",
    "Too many levels of symbolic links",
    "",
    "No message of desired type",
    "Identifier removed",
    "Channel number out of range",
    "Level 2 not synchronized",
    "Level 3 halted",
    "Level 3 reset",
    "Link number out of range",
    "Protocol driver not attached",
    "No CSI structure available",
    "Level 2 halted",
    "Invalid exchange",
    "Invalid request descriptor",
    "Exchange full",
    "No anode",
    "Invalid request code",
    "Invalid slot",
    "",
    "Bad font file format",
    "Device not a stream",
    "No data available",
    "Timer expired",
    "Out of streams resources",
    "Machine is not on the network",
    "Package not installed",
    "Object is remote",
    "Link has been severed",
    "Advertise error",
    "Srmount error",
    "Communication error on send",
    "Protocol error",
    "Multihop attempted",
    "RFS specific error",
    "Bad message",
    "Value too large for defined data type",
    "Name not unique on network",
    "File descriptor in bad state",
    "Remote address changed",
    "Can not access a needed shared library",
    "Accessing a corrupted shared library",
    ".lib section in a.out corrupted",
    "Attempting to link in too many shared libraries",
    "Cannot exec a shared library directly",
    "Invalid or incomplete multibyte or wide character",
    "Interrupted system call should be restarted",
    "Streams pipe error",
    "Too many users",
    "Socket operation on non-socket",
    "Destination address required",
    "Message too long",
    "Protocol wrong type for socket",
    "Protocol not available",
    "Protocol not supported",
    "Socket type not supported",
    "Operation not supported",
    "Protocol family not supported",
    "Address family not supported by protocol",
    "Address already in use",
    "Cannot assign requested address",
    "Network is down",
    "Network is unreachable",
    "Network dropped connection on reset",
    "Software caused connection abort",
    "Connection reset by peer",
    "No buffer space available",
    "Transport endpoint is already connected",
    "Transport endpoint is not connected",
    "Cannot send after transport endpoint shutdown",
    "Too many references: cannot splice",
    "Connection timed out",
    "Connection refused",
    "Host is down",
    "No route to host",
    "Operation already in progress",
    "Operation now in progress",
    "Stale file handle",
    "Structure needs cleaning",
    "Not a XENIX named type file",
    "No XENIX semaphores available",
    "Is a named type file",
    "Remote I/O error",
    "Disk quota exceeded",
    "No medium found",
    "Wrong medium type",
    "Operation canceled",
    "Required key not available",
    "Key has expired",
    "Key has been revoked",
    "Key was rejected by service",
    "Owner died",
    "State not recoverable",
    "Operation not possible due to RF-kill",
    "Memory page has hardware error",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        assert_eq!(strerror(0), "Success");
        assert_eq!(strerror(2), "No such file or directory");
        assert_eq!(strerror(41), "Unknown error 41");
        assert_eq!(strerror(133), "Memory page has hardware error");
        assert_eq!(strerror(134), "Unknown error 134");
        assert_eq!(strerror(-1), "Unknown error -1");
    }

    #[test]
    fn from_the_library() {
        let error = std::fs::File::open("/no/such/file").unwrap_err();
        assert_eq!(Errno::from(error), Errno::NO_ENTRY);
    }
}

//! A world in memory: for tests, for embedders that give a script files without
//! giving it the disk, and for runs that must be the same every time.

use std::collections::BTreeMap;
use std::io::SeekFrom;

use super::{
    Errno, Host, LocalTime, NullHost, OpenMode, PipeMode, RawFile, StandardStream, TimeZone, Utc,
    c_text,
};

/// The bytes of a file in memory, shared by its name and all its open handles.
#[cfg(not(feature = "send"))]
pub type MemoryContents = std::rc::Rc<std::cell::RefCell<Vec<u8>>>;

/// The bytes of a file in memory, shared by its name and all its open handles.
#[cfg(feature = "send")]
pub type MemoryContents = std::sync::Arc<LockedContents>;

/// The bytes of a file in memory, which threads use one at a time.
#[cfg(feature = "send")]
#[derive(Debug, Default)]
pub struct LockedContents(std::sync::Mutex<Vec<u8>>);

#[cfg(feature = "send")]
impl LockedContents {
    /// The bytes, for this thread alone.
    pub fn borrow(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.borrow_mut()
    }

    /// The bytes, for this thread alone.
    pub fn borrow_mut(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        let poisoned = std::sync::PoisonError::into_inner;
        self.0.lock().unwrap_or_else(poisoned)
    }
}

/// Contents that are shared from now on.
fn shared(bytes: Vec<u8>) -> MemoryContents {
    let contents = MemoryContents::default();
    *contents.borrow_mut() = bytes;
    contents
}

/// Files, environment, standard streams and clocks that exist only here. There are
/// no directories (a name is just a name) and no processes.
///
/// ```
/// use rilua::stdlib::host::{Host, MemoryHost, OpenMode};
///
/// let mut host = MemoryHost::new();
/// let mut file = host.open(b"notes", OpenMode::parse(b"w")?)?;
/// file.write(b"text")?;
/// assert_eq!(host.file(b"notes"), Some(b"text".to_vec()));
/// # Ok::<(), rilua::stdlib::host::Errno>(())
/// ```
pub struct MemoryHost {
    files: BTreeMap<Vec<u8>, MemoryContents>,
    environment: BTreeMap<Vec<u8>, Vec<u8>>,
    input: MemoryContents,
    output: MemoryContents,
    error: MemoryContents,
    cpu_seconds: f64,
    unix_time: i64,
    zone: Box<dyn TimeZone>,
    names_made: u32,
    file_limit: usize,
}

impl std::fmt::Debug for MemoryHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryHost")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl Default for MemoryHost {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryHost {
    /// The size a file may reach when nothing else is set: 1 GiB.
    pub const DEFAULT_FILE_LIMIT: usize = 1 << 30;

    /// An empty world at time 0 in universal time.
    #[must_use]
    pub fn new() -> Self {
        Self {
            files: BTreeMap::new(),
            environment: BTreeMap::new(),
            input: MemoryContents::default(),
            output: MemoryContents::default(),
            error: MemoryContents::default(),
            cpu_seconds: 0.0,
            unix_time: 0,
            zone: Box::new(Utc),
            names_made: 0,
            file_limit: Self::DEFAULT_FILE_LIMIT,
        }
    }

    /// Creates or replaces a file.
    pub fn set_file(&mut self, name: &[u8], contents: impl Into<Vec<u8>>) {
        self.files.insert(name.to_vec(), shared(contents.into()));
    }

    /// What a file contains now.
    #[must_use]
    pub fn file(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.files
            .get(name)
            .map(|contents| contents.borrow().clone())
    }

    /// Sets an environment variable.
    pub fn set_environment(&mut self, name: &[u8], value: &[u8]) {
        self.environment.insert(name.to_vec(), value.to_vec());
    }

    /// Sets what standard input will deliver.
    pub fn set_input(&mut self, text: impl Into<Vec<u8>>) {
        *self.input.borrow_mut() = text.into();
    }

    /// Sets both clocks.
    pub fn set_clocks(&mut self, cpu_seconds: f64, unix_time: i64) {
        self.cpu_seconds = cpu_seconds;
        self.unix_time = unix_time;
    }

    /// Sets the size in bytes that a file, or the output to a standard stream, may
    /// reach; writing beyond it reports `ENOSPC`. Holds for files opened later.
    pub const fn set_file_limit(&mut self, bytes: usize) {
        self.file_limit = bytes;
    }

    /// Sets the local time zone.
    pub fn set_zone(&mut self, zone: Box<dyn TimeZone>) {
        self.zone = zone;
    }

    /// The bytes behind a standard stream. The handle stays valid, so a caller can
    /// keep it and look at what a script printed after the host has been given away.
    #[must_use]
    pub fn stream(&self, stream: StandardStream) -> MemoryContents {
        MemoryContents::clone(match stream {
            StandardStream::Input => &self.input,
            StandardStream::Output => &self.output,
            StandardStream::Error => &self.error,
        })
    }
}

impl Host for MemoryHost {
    fn cpu_seconds(&mut self) -> f64 {
        self.cpu_seconds
    }

    fn unix_time(&mut self) -> i64 {
        self.unix_time
    }

    fn local_time(&self, unix: i64) -> LocalTime {
        self.zone.at(unix)
    }

    fn environment(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.environment.get(c_text(name)).cloned()
    }

    fn standard(&mut self, stream: StandardStream) -> Box<dyn RawFile> {
        let reads = stream == StandardStream::Input;
        Box::new(MemoryFile {
            contents: self.stream(stream),
            position: 0,
            read: reads,
            write: !reads,
            append: !reads,
            has_position: false,
            limit: self.file_limit,
        })
    }

    fn open(&mut self, name: &[u8], mode: OpenMode) -> Result<Box<dyn RawFile>, Errno> {
        let name = c_text(name);
        let contents = match self.files.get(name) {
            Some(_) if mode.create && mode.exclusive => return Err(Errno::EXISTS),
            Some(contents) => MemoryContents::clone(contents),
            None if mode.create && !name.is_empty() => {
                let contents = MemoryContents::default();
                self.files
                    .insert(name.to_vec(), MemoryContents::clone(&contents));
                contents
            }
            None => return Err(Errno::NO_ENTRY),
        };
        if mode.truncate {
            contents.borrow_mut().clear();
        }
        Ok(Box::new(MemoryFile {
            contents,
            position: 0,
            read: mode.read,
            write: mode.write,
            append: mode.append,
            has_position: true,
            limit: self.file_limit,
        }))
    }

    fn temporary_file(&mut self) -> Result<Box<dyn RawFile>, Errno> {
        Ok(Box::new(MemoryFile {
            contents: MemoryContents::default(),
            position: 0,
            read: true,
            write: true,
            append: false,
            has_position: true,
            limit: self.file_limit,
        }))
    }

    fn temporary_name(&mut self) -> Result<Vec<u8>, Errno> {
        loop {
            self.names_made = self.names_made.checked_add(1).ok_or(Errno::EXISTS)?;
            let name = format!("/tmp/lua_{:06}", self.names_made).into_bytes();
            if !self.files.contains_key(&name) {
                self.set_file(&name, []);
                return Ok(name);
            }
        }
    }

    fn remove(&mut self, name: &[u8]) -> Result<(), Errno> {
        self.files
            .remove(c_text(name))
            .map(drop)
            .ok_or(Errno::NO_ENTRY)
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), Errno> {
        if c_text(to).is_empty() {
            return Err(Errno::NO_ENTRY);
        }
        let contents = self.files.remove(c_text(from)).ok_or(Errno::NO_ENTRY)?;
        self.files.insert(c_text(to).to_vec(), contents);
        Ok(())
    }

    fn execute(&mut self, command: Option<&[u8]>) -> i32 {
        NullHost.execute(command)
    }

    fn popen(&mut self, command: &[u8], mode: PipeMode) -> Result<Box<dyn RawFile>, Errno> {
        NullHost.popen(command, mode)
    }
}

/// An open file of a [`MemoryHost`].
struct MemoryFile {
    contents: MemoryContents,
    position: u64,
    read: bool,
    write: bool,
    append: bool,
    /// False for the standard streams, which behave like pipes.
    has_position: bool,
    limit: usize,
}

impl MemoryFile {
    fn size(&self) -> u64 {
        self.contents.borrow().len() as u64
    }
}

impl RawFile for MemoryFile {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
        if !self.read {
            return Err(Errno::BAD_FILE);
        }
        let contents = self.contents.borrow();
        let start = usize::try_from(self.position).unwrap_or(usize::MAX);
        let rest = contents.get(start..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(rest) {
            *to = *from;
        }
        self.position += count as u64;
        Ok(count)
    }

    fn write(&mut self, data: &[u8]) -> Result<usize, Errno> {
        if !self.write {
            return Err(Errno::BAD_FILE);
        }
        if self.append {
            self.position = self.size();
        }
        let mut contents = self.contents.borrow_mut();
        let start = usize::try_from(self.position).unwrap_or(usize::MAX);
        if start.saturating_add(data.len()) > self.limit {
            return Err(Errno::NO_SPACE);
        }
        if start > contents.len() {
            contents.resize(start, 0); // a hole reads as zeros
        }
        let overwritten = data.len().min(contents.len() - start);
        let (over, beyond) = data.split_at_checked(overwritten).unwrap_or((data, &[]));
        for (to, from) in contents.iter_mut().skip(start).zip(over) {
            *to = *from;
        }
        contents.extend_from_slice(beyond);
        self.position += data.len() as u64;
        Ok(data.len())
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, Errno> {
        if !self.has_position {
            return Err(Errno::ILLEGAL_SEEK);
        }
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
            SeekFrom::End(distance) => self.size().checked_add_signed(distance),
        };
        match target {
            Some(position) if i64::try_from(position).is_ok() => {
                self.position = position;
                Ok(position)
            }
            _ => Err(Errno::INVALID),
        }
    }

    fn regular_size(&mut self) -> Option<u64> {
        self.has_position.then(|| self.size())
    }

    fn close(self: Box<Self>) -> Result<i32, Errno> {
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(text: &[u8]) -> OpenMode {
        OpenMode::parse(text).unwrap()
    }

    #[test]
    fn files_live_as_long_as_a_handle() {
        let mut host = MemoryHost::new();
        let mut writer = host.open(b"a", mode(b"w")).unwrap();
        let mut reader = host.open(b"a", mode(b"r")).unwrap();
        host.remove(b"a").unwrap();
        writer.write(b"text").unwrap();
        let mut buffer = [0; 8];
        assert_eq!(reader.read(&mut buffer), Ok(4));
        assert_eq!(host.file(b"a"), None);
        assert_eq!(reader.write(b"x"), Err(Errno::BAD_FILE));
    }

    #[test]
    fn positions() {
        let mut host = MemoryHost::new();
        let mut file = host.open(b"a", mode(b"w+")).unwrap();
        file.seek(SeekFrom::Start(2)).unwrap();
        file.write(b"xy").unwrap();
        file.seek(SeekFrom::End(-1)).unwrap();
        file.write(b"zz").unwrap();
        assert_eq!(host.file(b"a").unwrap(), b"\0\0xzz");
        assert_eq!(file.seek(SeekFrom::Current(-9)), Err(Errno::INVALID));
        let mut append = host.open(b"a", mode(b"a")).unwrap();
        append.write(b"!").unwrap();
        assert_eq!(host.file(b"a").unwrap(), b"\0\0xzz!");
    }

    #[test]
    fn sizes_are_bounded() {
        let mut host = MemoryHost::new();
        host.set_file_limit(10);
        let mut file = host.open(b"a", mode(b"w")).unwrap();
        file.seek(SeekFrom::Start(1 << 62)).unwrap();
        assert_eq!(file.write(b"x"), Err(Errno::NO_SPACE));
        file.seek(SeekFrom::Start(9)).unwrap();
        assert_eq!(file.write(b"x"), Ok(1));
        assert_eq!(file.write(b"x"), Err(Errno::NO_SPACE));
    }

    #[test]
    fn captured_output() {
        let mut host = MemoryHost::new();
        let captured = host.stream(StandardStream::Output);
        host.standard(StandardStream::Output)
            .write(b"hello")
            .unwrap();
        assert_eq!(*captured.borrow(), b"hello");
    }
}

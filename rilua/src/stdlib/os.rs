//! The operating system library (manual §5.8). Mirrors `loslib.c`; the system is the
//! interpreter's [`Host`].

use super::date::{BrokenTime, CalendarFields, local, make_time, strftime, utc};
use super::host::{Errno, Host, LocalTime, TimeZone, set_locale};
use super::standard::system;
use super::{Entry, c_text, leave_behind, register};
use crate::heap::value::{TableRef, Value};
use crate::number::{to_i64, to_int_arg};
use crate::vm::State;
use crate::vm::error::Result;

const FUNCTIONS: [Entry; 11] = [
    ("clock", clock),
    ("date", date),
    ("difftime", difftime),
    ("execute", execute),
    ("exit", exit),
    ("getenv", getenv),
    ("remove", remove),
    ("rename", rename),
    ("setlocale", setlocale),
    ("time", time),
    ("tmpname", tmpname),
];

/// D45: room for the whole result of `os.date`, with its final zero.
const DATE_BYTES: usize = 256;

pub(crate) fn open(state: &mut State) -> Result<usize> {
    register(state, "os", &FUNCTIONS)?;
    Ok(1)
}

/// Pushes true; or nil, a message with the file's name, and the error's number.
fn push_result(
    state: &mut State,
    result: core::result::Result<(), Errno>,
    name: &[u8],
) -> Result<usize> {
    let Err(error) = result else {
        return state.return_value(Value::TRUE);
    };
    system(state).errno = error;
    state.push(Value::NIL);
    let message = error.message();
    state.push_format(&[b"", c_text(name), b": ", message.as_bytes(), b""])?;
    state.push(Value::number(error.0.into()));
    Ok(3)
}

/// A string argument, as far as C sees it.
fn optional_text(state: &mut State, n: usize) -> Result<Option<Vec<u8>>> {
    let text = state.optional_string(n)?;
    Ok(text.map(|text| c_text(state.heap.bytes(text)).to_vec()))
}

fn execute(state: &mut State) -> Result<usize> {
    let command = optional_text(state, 1)?;
    let status = system(state).host.execute(command.as_deref());
    state.return_number(status.into())
}

fn remove(state: &mut State) -> Result<usize> {
    let name = state.check_bytes(1)?;
    let result = system(state).host.remove(&name);
    push_result(state, result, &name)
}

fn rename(state: &mut State) -> Result<usize> {
    let from = state.check_bytes(1)?;
    let to = state.check_bytes(2)?;
    let result = system(state).host.rename(&from, &to);
    push_result(state, result, &from)
}

fn tmpname(state: &mut State) -> Result<usize> {
    match system(state).host.temporary_name() {
        Ok(name) => state.return_bytes(&name),
        Err(_) => Err(state.position_error_format(&[b"unable to generate a unique filename"])),
    }
}

fn getenv(state: &mut State) -> Result<usize> {
    let name = state.check_bytes(1)?;
    match system(state).host.environment(&name) {
        Some(value) => state.return_bytes(&value),
        None => state.return_value(Value::NIL),
    }
}

fn clock(state: &mut State) -> Result<usize> {
    let seconds = system(state).host.cpu_seconds();
    state.return_number(seconds)
}

/// The host's local time.
struct HostZone<'a>(&'a mut dyn Host);

impl TimeZone for HostZone<'_> {
    fn at(&self, unix: i64) -> LocalTime {
        self.0.local_time(unix)
    }
}

fn date(state: &mut State) -> Result<usize> {
    const SHORT: usize = 64;
    let text = state.optional_string(1)?;
    let text = text.map_or(&b"%c"[..], |text| c_text(state.heap.bytes(text)));
    // A copy, mostly without an allocation.
    let (mut short, long);
    let format = if text.len() <= SHORT {
        short = [0; SHORT];
        let short = short.get_mut(..text.len()).unwrap_or_default();
        short.copy_from_slice(text);
        &*short
    } else {
        long = text.to_vec();
        &*long
    };
    let unix = if state.argument(2).is_nil() {
        system(state).host.unix_time()
    } else {
        to_i64(state.check_number(2)?)
    };
    let zone = HostZone(&mut *system(state).host);
    let (broken, format) = match format.strip_prefix(b"!") {
        Some(format) => (utc(unix), format),
        None => (local(unix, &zone), format),
    };
    let Some(broken) = broken else {
        return state.return_value(Value::NIL);
    };
    if format == b"*t" {
        return push_fields(state, &broken);
    }
    match strftime(format, &broken, &zone, DATE_BYTES) {
        Some(text) => state.return_bytes(c_text(&text)),
        None => Err(state.position_error_format(&[b"'date' format too long"])),
    }
}

fn push_fields(state: &mut State, broken: &BrokenTime) -> Result<usize> {
    let t = state.push_table(0, 9)?;
    let fields = [
        ("sec", broken.second),
        ("min", broken.minute),
        ("hour", broken.hour),
        ("day", broken.day),
        ("month", broken.month.wrapping_add(1)),
        ("year", broken.year.wrapping_add(1900)),
        ("wday", broken.week_day.wrapping_add(1)),
        ("yday", broken.year_day.wrapping_add(1)),
    ];
    // The table is new, so that nothing else happens than that.
    let mut set = |name: &str, value| {
        let key = state.string(name.as_bytes());
        state.set_raw(t, key, value)
    };
    for (name, value) in fields {
        set(name, Value::number(value.into()))?;
    }
    let is_dst = if broken.is_dst {
        Value::TRUE
    } else {
        Value::FALSE
    };
    set("isdst", is_dst)?;
    leave_behind(state, is_dst);
    Ok(1)
}

/// A field of a date table as an `int` of C, or what it is if it is missing; an
/// error if it must be there.
fn field(state: &mut State, t: TableRef, name: &str, missing: Option<i32>) -> Result<i32> {
    state.push_field(Value::table(t), name)?;
    let v = state.pop();
    match (state.to_number(v), missing) {
        (Some(n), _) => Ok(to_int_arg(n)),
        (None, Some(missing)) => Ok(missing),
        (None, None) => {
            state.push(v);
            let pieces = [b"field '", name.as_bytes(), b"' missing in date table"];
            Err(state.position_error_format(&pieces))
        }
    }
}

fn time(state: &mut State) -> Result<usize> {
    let unix = if state.argument(1).is_nil() {
        Some(system(state).host.unix_time())
    } else {
        let t = state.check_table(1)?;
        state.set_argument_count(1);
        let second = field(state, t, "sec", Some(0))?;
        let minute = field(state, t, "min", Some(0))?;
        let hour = field(state, t, "hour", Some(12))?;
        let day = field(state, t, "day", None)?;
        let month = field(state, t, "month", None)?.wrapping_sub(1);
        let year = field(state, t, "year", None)?.wrapping_sub(1900);
        state.push_field(Value::table(t), "isdst")?;
        let is_dst = state.pop();
        let is_dst = (!is_dst.is_nil()).then(|| !is_dst.is_false());
        let fields = CalendarFields {
            second,
            minute,
            hour,
            day,
            month,
            year,
            is_dst,
        };
        make_time(&fields, &HostZone(&mut *system(state).host))
    };
    // C takes this moment for a failure.
    match unix {
        None | Some(-1) => state.return_value(Value::NIL),
        Some(unix) => state.return_number(unix as f64),
    }
}

fn difftime(state: &mut State) -> Result<usize> {
    // In the order in which compilers for x86-64 evaluate C's arguments.
    let from = to_i64(state.optional_number(2, 0.0)?);
    let to = to_i64(state.check_number(1)?);
    let seconds = to.abs_diff(from) as f64;
    state.return_number(if to < from { -seconds } else { seconds })
}

fn setlocale(state: &mut State) -> Result<usize> {
    let locale = optional_text(state, 1)?;
    let categories = ["all", "collate", "ctype", "monetary", "numeric", "time"];
    state.check_option(2, Some("all"), &categories)?;
    match set_locale(locale.as_deref()) {
        Some(name) => state.return_bytes(name.as_bytes()),
        None => state.return_value(Value::NIL),
    }
}

/// Ends the process: no finalizer runs, but what streams hold is written.
fn exit(state: &mut State) -> Result<usize> {
    let status = state.optional_int(1, 0)?;
    let system = system(state);
    system.flush_all();
    system.host.exit(status);
    Err(state.position_error_format(&[b"the host does not let a script end the process"]))
}

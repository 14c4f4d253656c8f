//! The direct forms of library functions: short functions of plain arguments, done by
//! CALL itself. Each is the common case of the function of the same name; in every other
//! case it answers `None`, and the function is called.

use crate::heap::Heap;
use crate::heap::value::{TableRef, Value};
use crate::number::{exact_i32, floor};
use crate::vm::shortcut::{Arguments, Shortcut};

/// Those of the basic library.
pub(super) const BASE: [(&str, Shortcut); 7] = [
    ("newproxy", Shortcut::Direct(newproxy)),
    ("rawequal", Shortcut::Direct(rawequal)),
    ("rawget", Shortcut::Direct(rawget)),
    ("select", Shortcut::Direct(select)),
    ("setmetatable", Shortcut::Direct(setmetatable)),
    ("tonumber", Shortcut::Direct(tonumber)),
    ("type", Shortcut::Direct(type_)),
];

/// Those of the string library.
pub(super) const STRING: [(&str, Shortcut); 4] = [
    ("byte", Shortcut::Direct(byte)),
    ("char", Shortcut::Direct(char)),
    ("len", Shortcut::Direct(len)),
    ("sub", Shortcut::Direct(sub)),
];

/// Those of the table library.
pub(super) const TABLE: [(&str, Shortcut); 1] = [("insert", Shortcut::Direct(insert))];

/// Those of the mathematical library.
pub(super) const MATH: [(&str, Shortcut); 12] = [
    ("abs", Shortcut::Direct(abs)),
    ("ceil", Shortcut::Direct(ceil)),
    ("cos", Shortcut::Direct(cos)),
    ("exp", Shortcut::Direct(exp)),
    ("floor", Shortcut::Direct(floor_)),
    ("log", Shortcut::Direct(log)),
    ("max", Shortcut::Direct(max)),
    ("min", Shortcut::Direct(min)),
    ("pow", Shortcut::Direct(pow)),
    ("sin", Shortcut::Direct(sin)),
    ("sqrt", Shortcut::Direct(sqrt)),
    ("tan", Shortcut::Direct(tan)),
];

/// Functions of one number.
macro_rules! unary {
    ($($name:ident = $function:expr;)*) => { $(
        fn $name(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
            let x = arguments.number(heap, 1)?;
            let function: fn(f64) -> f64 = $function;
            arguments.push_number(heap, function(x))
        }
    )* };
}

unary! {
    abs = f64::abs;
    ceil = f64::ceil;
    cos = f64::cos;
    exp = f64::exp;
    floor_ = floor;
    log = f64::ln;
    sin = f64::sin;
    sqrt = f64::sqrt;
    tan = f64::tan;
}

fn pow(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
    let (x, y) = (arguments.number(heap, 1)?, arguments.number(heap, 2)?);
    arguments.push_number(heap, x.powf(y))
}

fn min(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
    let mut least = arguments.number(heap, 1)?;
    for n in 2..=arguments.count {
        let x = arguments.number(heap, n)?;
        if x < least {
            least = x;
        }
    }
    arguments.push_number(heap, least)
}

fn max(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
    let mut greatest = arguments.number(heap, 1)?;
    for n in 2..=arguments.count {
        let x = arguments.number(heap, n)?;
        if x > greatest {
            greatest = x;
        }
    }
    arguments.push_number(heap, greatest)
}

/// A position in a string, counted from 1 or, if it is negative, from the end; not
/// before the first.
fn position(position: f64, length: usize) -> Option<usize> {
    let position = i64::from(exact_i32(position)?);
    let position = if position < 0 {
        position + length as i64 + 1
    } else {
        position
    };
    Some(usize::try_from(position).unwrap_or(0).max(1))
}

fn len(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
    let s = arguments.get(heap, 1).as_string()?;
    let length = heap.bytes(s).len();
    arguments.push_number(heap, length as f64)
}

/// One byte, which is there.
fn byte(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
    let s = arguments.get(heap, 1).as_string()?;
    let text = heap.bytes(s);
    let before = match arguments.count {
        1 => 0,
        2 => match exact_i32(arguments.number(heap, 2)?)? {
            at @ 1.. => at as usize - 1,
            // D32: what else isn't above zero is no position.
            at @ ..0 => text.len().checked_add_signed(at as isize)?,
            0 => return None,
        },
        _ => return None,
    };
    let byte = f64::from(*text.get(before)?);
    arguments.push_number(heap, byte)
}

/// A few bytes, or one.
fn char(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
    const FEW: usize = 16;
    let mut bytes = [0; FEW];
    let bytes = bytes.get_mut(..arguments.count)?;
    for (i, byte) in bytes.iter_mut().enumerate() {
        let code = exact_i32(arguments.number(heap, i + 1)?)?;
        *byte = u8::try_from(code).ok()?;
    }
    if bytes.is_empty() {
        return None;
    }
    arguments.push_text(heap, bytes)
}

/// A short part, which isn't empty.
fn sub(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
    const SHORT: usize = 64;
    let s = arguments.get(heap, 1).as_string()?;
    let text = heap.bytes(s);
    let start = position(arguments.number(heap, 2)?, text.len())?;
    let end = match arguments.count {
        2 => text.len(),
        3 => match exact_i32(arguments.number(heap, 3)?)? {
            end @ 0.. => text.len().min(end as usize),
            end => text.len().checked_add_signed(end as isize)? + 1,
        },
        _ => return None,
    };
    let part = text.get(start - 1..end)?;
    let mut copy = [0; SHORT];
    let copy = copy.get_mut(..part.len())?;
    copy.copy_from_slice(part);
    arguments.push_text(heap, copy)
}

fn rawequal(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
    if arguments.count < 2 {
        return None;
    }
    let equal = arguments.get(heap, 1).raw_equals(arguments.get(heap, 2));
    arguments.push(heap, Value::boolean(equal))
}

fn rawget(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
    let t = arguments.get(heap, 1).as_table()?;
    if arguments.count < 2 {
        return None;
    }
    let v = heap.raw_get(t, arguments.get(heap, 2));
    arguments.replace(heap, 2, v)
}

/// The number of arguments, or one of them.
fn select(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
    let first = arguments.get(heap, 1);
    if let Some(n) = first.as_number() {
        let n = usize::try_from(exact_i32(n)?).ok()?;
        if n == 0 || arguments.expected != 1 {
            return None;
        }
        // Nothing is pushed.
        return Some(arguments.get(heap, n.checked_add(1)?));
    }
    if heap.bytes(first.as_string()?).first() != Some(&b'#') {
        return None;
    }
    arguments.push_number(heap, (arguments.count - 1) as f64)
}

/// A first metatable for a table.
fn setmetatable(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
    if arguments.count != 2 {
        return None;
    }
    let object = arguments.get(heap, 1);
    let t = object.as_table()?;
    let metatable: TableRef = arguments.get(heap, 2).as_table()?;
    let table = heap.table_mut(t);
    if !table.metatable.is_none() {
        return None;
    }
    table.metatable = metatable;
    heap.barrier_metatable(t, metatable);
    Some(object)
}

/// One more proxy with the metatable of another.
fn newproxy(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
    if arguments.count != 1 || heap.memory.total >= heap.collector.threshold {
        return None;
    }
    let model = arguments.get(heap, 1).as_userdata()?;
    let metatable = heap.userdata(model).metatable.some()?;
    let native = heap.native(arguments.function(heap)?);
    let (env, metatables) = (native.env, native.upvalues.first()?.as_table()?);
    let is_known = heap.raw_get(metatables, Value::table(metatable));
    if is_known.is_false() {
        return None;
    }
    let u = heap.new_userdata(0, env, None);
    heap.userdata_mut(u).metatable = metatable;
    let [proxy, pushed] = [Value::userdata(u), Value::table(metatable)];
    arguments.leave(heap, &[proxy, pushed]);
    Some(proxy)
}

/// A number is itself.
fn tonumber(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
    if arguments.count != 1 {
        return None;
    }
    let n = arguments.number(heap, 1)?;
    arguments.push_number(heap, n)
}

fn type_(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
    if arguments.count < 1 {
        return None;
    }
    let name = arguments.get(heap, 1).kind().name();
    arguments.push_text(heap, name.as_bytes())
}

/// Appends to an array whose end has room.
fn insert(heap: &mut Heap, arguments: Arguments) -> Option<Value> {
    if arguments.count != 2 || arguments.expected < 0 {
        return None;
    }
    let t = arguments.get(heap, 1).as_table()?;
    let v = arguments.get(heap, 2);
    let table = heap.table_mut(t);
    // The border is within the array part, so the place after it is, too.
    if table.array.last().is_none_or(|last| !last.is_nil()) {
        return None;
    }
    let border = table.length();
    *table.array.get_mut(border)? = v;
    heap.barrier_table(t, v);
    Some(Value::NIL)
}

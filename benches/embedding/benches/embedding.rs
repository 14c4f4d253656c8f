//! The same programs through rilua and through mlua (PUC-Rio's Lua 5.1, vendored): what a
//! crossing between Rust and Lua costs in either direction. Prints a table; `cargo bench`.
#![forbid(unsafe_code)]

use embedding_bench::compare;
use std::hint::black_box;

/// Operations in one round.
const COUNT: usize = 20_000;

/// Defines the work once for both crates, whose API is the same where it is used here.
macro_rules! work {
    ($module:ident, $library:ident) => {
        mod $module {
            use super::COUNT;
            use std::hint::black_box;
            use $library::{Function, Lua, Result, Table, UserData, UserDataFields, UserDataMethods};

            pub struct Counter {
                count: f64,
            }

            impl UserData for Counter {
                fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
                    fields.add_field_method_get("count", |_, this| Ok(this.count));
                }

                fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
                    methods.add_method("get", |_, this, by: f64| Ok(this.count + by));
                    methods.add_method_mut("add", |_, this, by: f64| {
                        this.count += by;
                        Ok(())
                    });
                }
            }

            pub struct Methods {
                count: f64,
            }

            impl UserData for Methods {
                fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
                    methods.add_method("get", |_, this, by: f64| Ok(this.count + by));
                }
            }

            /// A Lua function that does something `COUNT` times.
            fn repeated(lua: &Lua, body: &str) -> Result<Function> {
                lua.load(format!("local x, n = ... for i = 1, n do {body} end"))
                    .into_function()
            }

            /// All pieces of work, by name.
            pub fn all() -> Result<Vec<(&'static str, Box<dyn FnMut()>)>> {
                let lua = Lua::new();
                let mut all: Vec<(&'static str, Box<dyn FnMut()>)> = Vec::new();
                let mut in_lua = |name, value: $library::Value, body: &str| -> Result<()> {
                    let function = repeated(&lua, body)?;
                    all.push((
                        name,
                        Box::new(move || {
                            let result: Result<()> = function.call((value.clone(), COUNT));
                            assert!(result.is_ok(), "{result:?}");
                        }),
                    ));
                    Ok(())
                };
                let counter = || lua.create_userdata(Counter { count: 1.0 });
                in_lua(
                    "userdata method called from Lua",
                    $library::Value::UserData(lua.create_userdata(Methods { count: 1.0 })?),
                    "x:get(i)",
                )?;
                in_lua(
                    "the same, of a type with fields",
                    $library::Value::UserData(counter()?),
                    "x:get(i)",
                )?;
                in_lua(
                    "userdata method that changes it",
                    $library::Value::UserData(counter()?),
                    "x:add(i)",
                )?;
                in_lua(
                    "userdata field read from Lua",
                    $library::Value::UserData(counter()?),
                    "local c = x.count",
                )?;
                in_lua(
                    "Rust closure called from Lua",
                    $library::Value::Function(lua.create_function(|_, (a, b): (f64, f64)| Ok(a + b))?),
                    "x(i, 1)",
                )?;
                in_lua(
                    "the same, with strings",
                    $library::Value::Function(
                        lua.create_function(|_, text: String| Ok(text.len()))?,
                    ),
                    "x('some text')",
                )?;
                let add: Function = lua.load("function(a, b) return a + b end").eval()?;
                all.push((
                    "Lua function called from Rust",
                    Box::new(move || {
                        for i in 0..COUNT {
                            let sum: Result<f64> = add.call((i as f64, 1.0));
                            assert!(sum.is_ok());
                        }
                    }),
                ));
                let state = lua.clone();
                all.push((
                    "table of items built from Rust",
                    Box::new(move || {
                        let build = || -> Result<Table> {
                            let table = state.create_table()?;
                            for i in 1..=COUNT {
                                table.set(i, i as f64)?;
                            }
                            Ok(table)
                        };
                        assert!(black_box(build()).is_ok());
                    }),
                ));
                let state = lua.clone();
                all.push((
                    "tables of pairs built from Rust",
                    Box::new(move || {
                        let build = || -> Result<Table> {
                            let table = state.create_table()?;
                            table.set("name", "value")?;
                            table.set("x", 1.5)?;
                            table.set("y", true)?;
                            Ok(table)
                        };
                        for _ in 0..COUNT / 4 {
                            assert!(black_box(build()).is_ok());
                        }
                    }),
                ));
                let state = lua.clone();
                all.push((
                    "sequence built from a vector",
                    Box::new(move || {
                        let values: Vec<f64> = (0..COUNT).map(|i| i as f64).collect();
                        assert!(black_box(state.create_sequence_from(values)).is_ok());
                    }),
                ));
                let table = lua.create_table()?;
                table.set("field", 1)?;
                // Keeps the state for all of them.
                let state = lua.clone();
                all.push((
                    "field read from Rust",
                    Box::new(move || {
                        black_box(&state);
                        for _ in 0..COUNT {
                            assert!(table.get::<f64>("field").is_ok());
                        }
                    }),
                ));
                Ok(all)
            }
        }
    };
}

work!(ours, rilua);
work!(theirs, mlua);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("| operation | rilua, ns | mlua, ns | rilua / mlua |");
    println!("|---|--:|--:|--:|");
    // `cargo bench -- words`: only the rows with these words.
    let words: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    for ((name, mut ours), (_, mut theirs)) in ours::all()?.into_iter().zip(theirs::all()?) {
        if !words.iter().all(|word| name.contains(word.as_str())) {
            continue;
        }
        let (a, b) = compare(&mut ours, &mut theirs);
        let each = |time: std::time::Duration| time.as_nanos() as f64 / COUNT as f64;
        let ratio = a.as_secs_f64() / b.as_secs_f64();
        println!("| {name} | {:.1} | {:.1} | {ratio:.2} |", each(a), each(b));
        black_box((a, b));
    }
    Ok(())
}

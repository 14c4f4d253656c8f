//! Coroutines as tasks: Lua code waits for time and for messages, Rust decides who goes on.
//!
//! `cargo run --example scheduler`
#![forbid(unsafe_code)]

use rilua::{Function, Lua, LuaString, MultiValue, Result, Thread, Value};
use std::collections::{BTreeMap, VecDeque};

/// What a task waits for.
enum Wait {
    /// This moment, in steps of the simulated clock.
    Until(u64),
    /// A message for this name.
    Message(String),
}

#[derive(Default)]
struct Scheduler {
    clock: u64,
    waiting: Vec<(Thread, Wait)>,
    mailboxes: BTreeMap<String, VecDeque<Value>>,
}

impl Scheduler {
    fn start(&mut self, lua: &Lua, task: Function) -> Result<()> {
        let thread = lua.create_thread(task)?;
        self.go_on(thread, Value::Nil)
    }

    /// Resumes a task, and takes down what it asks for: `wait, n`, `receive, name`, or
    /// `send, name, value`, after which it goes on at once.
    fn go_on(&mut self, thread: Thread, mut with: Value) -> Result<()> {
        loop {
            let mut request: MultiValue = thread.resume(with)?;
            if !thread.is_resumable() {
                return Ok(());
            }
            let request_name = request.pop_front().unwrap_or_default().to_string()?;
            let argument = request.pop_front().unwrap_or_default();
            match request_name.as_str() {
                "wait" => {
                    let steps = argument.as_integer().unwrap_or(0).unsigned_abs();
                    self.waiting.push((thread, Wait::Until(self.clock + steps)));
                    return Ok(());
                }
                "receive" => {
                    self.waiting
                        .push((thread, Wait::Message(argument.to_string()?)));
                    return Ok(());
                }
                "send" => {
                    let mailbox = self.mailboxes.entry(argument.to_string()?).or_default();
                    mailbox.push_back(request.pop_front().unwrap_or_default());
                    with = Value::Nil;
                }
                other => return Err(rilua::Error::runtime(format!("unknown request '{other}'"))),
            }
        }
    }

    /// Runs until no task can go on.
    fn run(&mut self) -> Result<()> {
        loop {
            let mailboxes = &mut self.mailboxes;
            let ready = self
                .waiting
                .iter()
                .enumerate()
                .find_map(|(n, (_, wait))| match wait {
                    Wait::Until(moment) => (*moment <= self.clock).then_some((n, Value::Nil)),
                    Wait::Message(name) => Some((n, mailboxes.get_mut(name)?.pop_front()?)),
                });
            if let Some((n, with)) = ready {
                let (thread, _) = self.waiting.remove(n);
                self.go_on(thread, with)?;
                continue;
            }
            let next = self.waiting.iter().filter_map(|(_, wait)| match wait {
                Wait::Until(moment) => Some(*moment),
                Wait::Message(_) => None,
            });
            match next.min() {
                Some(moment) => self.clock = moment,
                None => return Ok(()),
            }
        }
    }
}

fn main() -> Result<()> {
    let lua = Lua::new();
    lua.load(
        "function wait(steps) return coroutine.yield('wait', steps) end
         function receive(name) return coroutine.yield('receive', name) end
         function send(name, value) return coroutine.yield('send', name, value) end",
    )
    .exec()?;
    let log = lua.create_function(|_, text: LuaString| {
        println!("{}", text.display());
        Ok(())
    })?;
    lua.globals().set("log", log)?;
    let tasks: Vec<Function> = lua
        .load(
            "{
                function()
                    for i = 1, 3 do
                        wait(10)
                        send('kitchen', 'order ' .. i)
                    end
                    send('kitchen', false)
                end,
                function()
                    while true do
                        local order = receive('kitchen')
                        if not order then break end
                        log('cooking ' .. order)
                        wait(5)
                        log(order .. ' is ready')
                    end
                    log('closed')
                end,
            }",
        )
        .set_name("=tasks")
        .eval()?;
    let mut scheduler = Scheduler::default();
    for task in tasks {
        scheduler.start(&lua, task)?;
    }
    scheduler.run()?;
    println!(
        "{} tasks wait for ever at {}",
        scheduler.waiting.len(),
        scheduler.clock
    );
    Ok(())
}

//! Scripts that drive the objects of a game: the world is Rust's, behaviour is Lua's, and a
//! script that fails stops its own object only.
//!
//! `cargo run --example game`
#![forbid(unsafe_code)]

use rilua::{
    AnyUserData, Function, Lua, MetaMethod, Result, Table, UserData, UserDataFields,
    UserDataMethods, UserDataRef,
};

/// A place or a direction.
#[derive(Clone, Copy, Default)]
struct Vector {
    x: f64,
    y: f64,
}

impl UserData for Vector {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_field_method_get("x", |_, this| Ok(this.x));
        fields.add_field_method_get("y", |_, this| Ok(this.y));
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("length", |_, this, ()| Ok(this.x.hypot(this.y)));
        methods.add_meta_method(MetaMethod::Add, |_, this, other: UserDataRef<Vector>| {
            Ok(Vector {
                x: this.x + other.x,
                y: this.y + other.y,
            })
        });
        methods.add_meta_method(MetaMethod::Sub, |_, this, other: UserDataRef<Vector>| {
            Ok(Vector {
                x: this.x - other.x,
                y: this.y - other.y,
            })
        });
        methods.add_meta_method(MetaMethod::Mul, |_, this, by: f64| {
            Ok(Vector {
                x: this.x * by,
                y: this.y * by,
            })
        });
    }
}

/// Something in the world.
struct Actor {
    name: String,
    position: Vector,
    health: i32,
}

impl UserData for Actor {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_field_method_get("name", |_, this| Ok(this.name.clone()));
        fields.add_field_method_get("position", |_, this| Ok(this.position));
        fields.add_field_method_set("position", |_, this, to: UserDataRef<Vector>| {
            this.position = *to;
            Ok(())
        });
        fields.add_field_method_get("health", |_, this| Ok(this.health));
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method_mut("hurt", |_, this, points: i32| {
            this.health = (this.health - points).max(0);
            Ok(this.health == 0)
        });
    }
}

const BEHAVIOUR: &str = "
local behaviour = {}

function behaviour.hunter(self, target)
    local way = target.position - self.position
    local distance = way:length()
    if distance < 1 then
        return target:hurt(40) and 'caught ' .. target.name or 'hit ' .. target.name
    end
    self.position = self.position + way * (1 / distance)
end

function behaviour.hare(self, hunter)
    self.position = self.position + vector(0.4, 0.1)
end

function behaviour.fool(self)
    self.postion = vector(0, 0)
end

return behaviour
";

fn main() -> Result<()> {
    let lua = Lua::new();
    let vector = lua.create_function(|_, (x, y)| Ok(Vector { x, y }))?;
    lua.globals().set("vector", vector)?;
    let behaviour: Table = lua.load(BEHAVIOUR).set_name("=behaviour").eval()?;

    let actor = |name: &str, x: f64| {
        lua.create_userdata(Actor {
            name: name.to_owned(),
            position: Vector { x, y: 0.0 },
            health: 100,
        })
    };
    let (hunter, hare, fool) = (
        actor("hunter", 0.0)?,
        actor("hare", 4.0)?,
        actor("fool", 9.0)?,
    );
    let mut minds: Vec<(AnyUserData, AnyUserData, Function)> = vec![
        (hunter.clone(), hare.clone(), behaviour.get("hunter")?),
        (hare.clone(), hunter.clone(), behaviour.get("hare")?),
        (fool.clone(), hunter.clone(), behaviour.get("fool")?),
    ];

    for step in 1..=20 {
        let mut failed = Vec::new();
        for (n, (me, other, think)) in minds.iter().enumerate() {
            match think.call::<Option<String>>((me, other)) {
                Ok(Some(said)) => println!("step {step}: {said}"),
                Ok(None) => {}
                Err(error) => {
                    println!("step {step}: {} stops: {error}", me.borrow::<Actor>()?.name);
                    failed.push(n);
                }
            }
        }
        for n in failed.into_iter().rev() {
            minds.remove(n);
        }
        if hare.borrow::<Actor>()?.health == 0 {
            let hunter = hunter.borrow::<Actor>()?;
            println!(
                "over after {step} steps, the hunter at {:.1}",
                hunter.position.x
            );
            return Ok(());
        }
    }
    println!("the hare got away");
    Ok(())
}

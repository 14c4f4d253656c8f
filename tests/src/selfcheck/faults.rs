//! The faults that rilua was built with: all of them with the feature `selfcheck`, none without.

/// A fault as a report shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Its name.
    pub name: &'static str,
    /// The part of rilua it is in.
    pub part: &'static str,
    /// What goes wrong.
    pub breaks: &'static str,
}

/// Every fault.
#[cfg(feature = "selfcheck")]
pub fn all() -> Vec<Described> {
    let described = |fault: &rilua::faults::Fault| Described {
        name: fault.name(),
        part: fault.part(),
        breaks: fault.breaks(),
    };
    rilua::faults::ALL.iter().map(described).collect()
}

/// Every fault.
#[cfg(not(feature = "selfcheck"))]
pub fn all() -> Vec<Described> {
    Vec::new()
}

/// Switches a fault on for the whole process; false if there is none of this name.
#[cfg(feature = "selfcheck")]
pub fn switch_on(name: &str) -> bool {
    let fault = rilua::faults::ALL.iter().find(|fault| fault.name() == name);
    rilua::faults::set(fault.copied());
    fault.is_some()
}

/// Switches a fault on for the whole process; false if there is none of this name.
#[cfg(not(feature = "selfcheck"))]
pub fn switch_on(_name: &str) -> bool {
    false
}

#[cfg(all(test, feature = "selfcheck"))]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_faults() {
        let all = all();
        assert!(all.len() >= 40);
        for described in &all {
            assert_eq!(
                all.iter().filter(|one| one.name == described.name).count(),
                1
            );
        }
        assert!(!switch_on("NoSuchFault"));
    }
}

//! Rules about the source itself that no compiler checks: which layer may use which, no code
//! that the compiler can't check, no file too long to be read.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::fs;
use std::path::{Path, PathBuf};

use conformance::workspace;
use walkdir::WalkDir;

/// The layers of `rilua/src`, in the order in which data flows: each uses only itself and
/// those before it.
const LAYERS: [&str; 12] = [
    "faults", "limits", "number", "syntax", "bytecode", "compiler", "heap", "vm", "stdlib", "api",
    "program", "inspect",
];

/// A file has fewer lines than this.
const MOST_LINES: usize = 800;

/// Every file below some folders of the workspace, in order.
fn files(folders: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in folders {
        for item in WalkDir::new(workspace::built_root().join(folder)).sort_by_file_name() {
            let item = item.unwrap();
            if item.file_type().is_file() {
                files.push(item.into_path());
            }
        }
    }
    assert!(!files.is_empty(), "no files in {folders:?}");
    files
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The places where `word` stands as a whole word.
fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let before = at.checked_sub(1).map(|at| text.as_bytes()[at]);
            let after = text.as_bytes().get(at + word.len()).copied();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The text with comments and literals replaced by spaces; lines stay where they are.
fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = String::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let length = comment(rest).or_else(|| literal(rest, at == 0 || !is_word(bytes[at - 1])));
        let taken = length.unwrap_or_else(|| rest.chars().next().map_or(1, char::len_utf8));
        if length.is_some() {
            code.extend(
                rest[..taken]
                    .chars()
                    .map(|c| if c == '\n' { '\n' } else { ' ' }),
            );
        } else {
            code.push_str(&rest[..taken]);
        }
        at += taken;
    }
    code
}

/// The length of the comment that the text begins with.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (1, 2);
    while depth > 0 && at < text.len() {
        match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    Some(at)
}

/// The length of the string or character that the text begins with.
fn literal(text: &str, at_word_start: bool) -> Option<usize> {
    let raw = text.trim_start_matches(['b', 'c']);
    let prefix = text.len() - raw.len();
    if at_word_start && prefix <= 1 && raw.starts_with('r') {
        let hashes = raw[1..].bytes().take_while(|&byte| byte == b'#').count();
        if raw[1 + hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = prefix + 2 + hashes;
            return Some(
                text[start..]
                    .find(&end)
                    .map_or(text.len(), |found| start + found + end.len()),
            );
        }
    }
    let quote = text.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at + 1),
            // A lifetime: no quote after the first character.
            _ if quote == '\'' && at > 1 && !text.starts_with("'\\") => return None,
            _ => {}
        }
    }
    None
}

/// What of the crate's root a file uses: names and where they stand. `depth` is how many
/// modules the file lies below the root.
fn roots_used(code: &str, depth: usize) -> Vec<(usize, String)> {
    let mut used = Vec::new();
    for at in words(code, "crate") {
        if let Some(path) = code[at + "crate".len()..].trim_start().strip_prefix("::") {
            used.extend(first_names(path).into_iter().map(|name| (at, name)));
        }
    }
    let mut end_of_last = 0;
    for at in words(code, "super") {
        if at < end_of_last {
            continue;
        }
        let mut path = &code[at..];
        let mut supers = 0;
        while let Some(rest) = path
            .strip_prefix("super")
            .and_then(|rest| rest.strip_prefix("::"))
        {
            supers += 1;
            path = rest;
        }
        end_of_last = code.len() - path.len();
        if supers >= depth {
            // Inside an inline module this may still be below the root; only layers count then.
            let names = first_names(path)
                .into_iter()
                .filter(|name| LAYERS.contains(&name.as_str()));
            used.extend(names.map(|name| (at, name)));
        }
    }
    used
}

/// The first segments of a path: one, or those of a group in braces.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '*')
            .collect()
    };
    let Some(group) = path.trim_start().strip_prefix('{') else {
        return vec![name(path)];
    };
    let mut names = vec![name(group)];
    let mut depth = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(&group[at + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// What is wrong with the uses in one file of `rilua/src`, named by its path from there.
fn layering_faults(path: &Path, text: &str) -> Vec<String> {
    let modules: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    let own = modules[0].trim_end_matches(".rs");
    if own == "bin" || path == Path::new("lib.rs") {
        return Vec::new();
    }
    let Some(rank) = LAYERS.iter().position(|layer| *layer == own) else {
        return vec![format!(
            "rilua/src/{}: {own} is none of the layers {LAYERS:?}",
            path.display()
        )];
    };
    let depth = modules.len() - usize::from(path.ends_with("mod.rs"));
    let code = code_only(text);
    let mut faults = Vec::new();
    for (at, name) in roots_used(&code, depth) {
        let place = format!("rilua/src/{}:{}", path.display(), line_of(&code, at));
        match LAYERS.iter().position(|layer| *layer == name) {
            Some(used) if used <= rank => {}
            Some(_) => faults.push(format!(
                "{place}: the layer {own} uses {name}, which comes after it"
            )),
            None => faults.push(format!(
                "{place}: {name} is no layer; name the layer it comes from"
            )),
        }
    }
    faults
}

#[test]
fn layers_use_only_the_layers_before_them() {
    let source = workspace::built_root().join("rilua/src");
    let mut faults = Vec::new();
    for path in files(&["rilua/src"]) {
        if path.extension().is_some_and(|extension| extension == "rs") {
            faults.extend(layering_faults(
                path.strip_prefix(&source).unwrap(),
                &read(&path),
            ));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_layering_rule_sees_every_way_to_name_a_layer() {
    let faults = |path: &str, text: &str| layering_faults(Path::new(path), text).len();
    assert_eq!(faults("heap/mod.rs", "use crate::vm::Vm;"), 1);
    assert_eq!(
        faults(
            "heap/mod.rs",
            "use crate::{limits, vm::{Vm, call}, heap::table, api};"
        ),
        2
    );
    assert_eq!(
        faults("heap/mod.rs", "fn f() { super::vm::g(); crate :: vm::g() }"),
        2
    );
    assert_eq!(
        faults("heap/table.rs", "use super::super::vm; use super::vm;"),
        1
    );
    assert_eq!(faults("heap/table.rs", "use crate::Value;"), 1);
    assert_eq!(faults("errors.rs", ""), 1);
    assert_eq!(
        faults(
            "heap/table.rs",
            "use crate::heap::x; use crate::limits::Y; pub(crate) fn f() {}"
        ),
        0
    );
    assert_eq!(
        faults(
            "heap/table.rs",
            "// crate::vm\n/* /* */ crate::vm */ \"crate::vm\" r#\"\"crate::vm\"#"
        ),
        0
    );
    assert_eq!(
        faults(
            "heap/table.rs",
            "fn f<'a>(x: &'a str) { ('\"', '\\'', b'\"', crate::vm::g()) }"
        ),
        1
    );
    assert_eq!(
        faults("bin/rilua.rs", "use crate::vm;") + faults("lib.rs", "pub use crate::api::Lua;"),
        0
    );
    let place = layering_faults(Path::new("heap/table.rs"), "\n\nuse crate::vm;");
    assert!(
        place[0].starts_with("rilua/src/heap/table.rs:3:"),
        "{place:?}"
    );
}

#[test]
fn nothing_escapes_the_compiler() {
    // Not written out, or this file would be the first to break the rule.
    let word = ["un", "safe"].concat();
    let mut faults = Vec::new();
    for path in files(&["rilua", "tests"]) {
        let text = read(&path);
        for at in words(&text, &word) {
            faults.push(format!("{}:{}", path.display(), line_of(&text, at)));
        }
        let file = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let folder = path
            .parent()
            .and_then(Path::file_name)
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let is_crate = matches!(file, "lib.rs" | "main.rs") && folder == "src"
            || folder == "bin" && file.ends_with(".rs");
        if is_crate && !text.contains(&format!("#![forbid({word}_code)]")) {
            faults.push(format!("{}: does not forbid it", path.display()));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The names in the list of faults.
fn fault_names(list: &str) -> Vec<&str> {
    let rows = list.lines().skip_while(|line| *line != "faults! {");
    rows.filter_map(|line| line.trim().split_once(" \""))
        .map(|(name, _)| name)
        .filter(|name| name.bytes().all(is_word))
        .collect()
}

/// What is wrong with the list of faults, given the rest of the source.
fn fault_faults(list: &str, code: &str) -> Vec<String> {
    let names = fault_names(list);
    let mut faults = Vec::new();
    for name in &names {
        let places = code.matches(&format!("fault!({name})")).count();
        if places != 1 {
            faults.push(format!("{name}: in {places} places of the code, not one"));
        }
        if names.iter().filter(|other| *other == name).count() != 1 {
            faults.push(format!("{name}: more than once in the list"));
        }
    }
    let places = code.matches("fault!(").count();
    if places != names.len() {
        faults.push(format!("{places} places, {} names", names.len()));
    }
    faults
}

#[test]
fn every_fault_is_in_one_place() {
    let root = workspace::built_root().join("rilua/src");
    let list = root.join("faults.rs");
    let code: String = files(&["rilua/src"])
        .iter()
        .filter(|path| **path != list)
        .map(|path| code_only(&read(path)))
        .collect();
    let list = read(&list);
    let faults = fault_faults(&list, &code);
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    let count = fault_names(&list).len();
    assert!(count >= 40, "{count} faults are too few to say anything");
}

#[test]
fn the_rule_for_faults_sees_dead_and_doubled_ones() {
    let list = "faults! {\n    // Part.\n    A \"vm\" \"x\",\n    B \"vm\" \"`y` z\",\n}\n";
    assert_eq!(fault_names(list), ["A", "B"]);
    assert!(fault_faults(list, "fault!(A) fault!(B)").is_empty());
    assert_eq!(fault_faults(list, "fault!(A)").len(), 2);
    assert_eq!(fault_faults(list, "fault!(A) fault!(B) fault!(B)").len(), 2);
    assert_eq!(fault_faults(list, "fault!(A) fault!(B) fault!(C)").len(), 1);
    let twice = list.replace("B", "A");
    assert!(!fault_faults(&twice, "fault!(A) fault!(A)").is_empty());
}

#[test]
fn files_are_short_enough_to_be_read() {
    let mut faults = Vec::new();
    for path in files(&["rilua", "oracle", "tests"]) {
        let lines = read(&path).lines().count();
        if lines >= MOST_LINES {
            faults.push(format!(
                "{}: {lines} lines, {MOST_LINES} are too many",
                path.display()
            ));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

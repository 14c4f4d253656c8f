//! Command lines that a reader pastes into a shell.

/// One word, quoted for a POSIX shell when it needs to be.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Several words, each quoted when it needs to be.
pub fn join<I: IntoIterator<Item = S>, S: AsRef<str>>(words: I) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| quote(word.as_ref())).collect();
    quoted.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_only_where_needed() {
        assert_eq!(
            join(["lua", "a b", "it's", "", "x=1"]),
            r"lua 'a b' 'it'\''s' '' x=1"
        );
    }
}

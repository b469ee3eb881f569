//! Names that were probably meant, and lists of names in a sentence.

/// The known name that is nearest to what was written, if one is near.
pub(crate) fn meant<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let reach = (written.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (distance(written, name), name))
        .filter(|(distance, _)| *distance <= reach)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The words after `help:` for a name that is not known: the one that was meant, else all there are.
pub(crate) fn suggestion(written: &str, known: &[&str]) -> String {
    match meant(written, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("write {}", one_of(known)),
    }
}

/// `` `a`, `b` or `c` ``.
pub(crate) fn one_of(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [only] => format!("`{only}`"),
        [first @ .., last] => format!("`{}` or `{last}`", first.join("`, `")),
    }
}

/// Edits between two names, where two neighbours that changed places are one edit (`defualt`).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            let swap = if swapped {
                rows[i - 2][j - 2] + 1
            } else {
                usize::MAX
            };
            row.push(
                replaced
                    .min(rows[i - 1][j] + 1)
                    .min(row[j - 1] + 1)
                    .min(swap),
            );
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_swapped_letters_are_near() {
        assert_eq!(meant("defualt", ["default", "name"]), Some("default"));
    }

    #[test]
    fn one_letter_of_a_short_name_may_be_wrong() {
        assert_eq!(meant("pth", ["path"]), Some("path"));
        assert_eq!(meant("gett", ["get", "put"]), Some("get"));
    }

    #[test]
    fn a_foreign_word_is_near_to_nothing() {
        assert_eq!(meant("colour", ["path", "query", "form"]), None);
    }

    #[test]
    fn the_nearest_of_several_wins() {
        assert_eq!(meant("putt", ["get", "post", "put"]), Some("put"));
    }

    #[test]
    fn capitals_do_not_count() {
        assert_eq!(meant("GET", ["get", "put"]), Some("get"));
    }

    #[test]
    fn without_a_near_name_all_are_listed() {
        assert_eq!(
            suggestion("colour", &["path", "rest"]),
            "write `path` or `rest`"
        );
    }
}

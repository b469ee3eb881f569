//! The name of an uploaded file, made safe to be one.

use icu_normalizer::ComposingNormalizerBorrowed;

/// The longest name that common file systems take, in bytes.
const LONGEST: usize = 255;

/// The last component of what the client calls its file, fit to be the name of a file in one folder; `None` when nothing fit is left.
///
/// In NFC, so that one name is one sequence of characters whichever system sent it. Without control characters and those that turn the
/// direction of the text (`gpj.exe` is shown as `exe.jpg`); without leading dots (no hidden file), trailing dots and spaces, and
/// colons (on Windows they are other names of other files). No names of Windows devices, and none over 255 bytes.
pub(super) fn safe(raw: &str) -> Option<String> {
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(raw);
    let last = composed.rsplit(['/', '\\']).next()?;
    let clean: String = without_drive(last)
        .chars()
        .filter(|&character| !is_unfit(character))
        .collect();
    let name = clean.trim_matches(|character: char| character == '.' || character.is_whitespace());
    let fit = !name.is_empty() && name.len() <= LONGEST && !is_device(name);
    fit.then(|| name.to_owned())
}

/// `C:photo.jpg` is a file in the current folder of a drive.
fn without_drive(name: &str) -> &str {
    match name.split_once(':') {
        Some((drive, rest))
            if drive.len() == 1 && drive.chars().all(|letter| letter.is_ascii_alphabetic()) =>
        {
            rest
        }
        _ => name,
    }
}

fn is_unfit(character: char) -> bool {
    let turns_direction = matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks_line = matches!(character, '\u{2028}' | '\u{2029}');
    character.is_control()
        || turns_direction
        || breaks_line
        || matches!(character, ':' | '\u{feff}')
}

/// Windows opens the device whatever stands behind the first dot.
fn is_device(name: &str) -> bool {
    let stem = name
        .split('.')
        .next()
        .unwrap_or(name)
        .trim_end()
        .to_ascii_lowercase();
    let numbered = |prefix| {
        stem.strip_prefix(prefix)
            .is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_component_is_left() {
        for (raw, expected) in [
            ("photo.jpg", "photo.jpg"),
            ("../../etc/passwd", "passwd"),
            (r"..\..\x", "x"),
            (r"C:\x", "x"),
            ("C:x", "x"),
            (r"\\server\share\x", "x"),
            ("/abs", "abs"),
            ("a/b", "b"),
            ("a b.txt", "a b.txt"),
            (".htaccess", "htaccess"),
            ("...x", "x"),
            ("trailing.", "trailing"),
            ("x. . .", "x"),
            ("file.txt::$DATA", "file.txt$DATA"),
            ("line\nbreak\0.txt", "linebreak.txt"),
            ("invoice\u{202e}gpj.exe", "invoicegpj.exe"),
            ("\u{feff}.x", "x"),
            ("cafe\u{301}", "café"),
            ("文件.webp", "文件.webp"),
            ("null", "null"),
            ("common.txt", "common.txt"),
        ] {
            assert_eq!(safe(raw).as_deref(), Some(expected), "{raw:?}");
        }
    }

    #[test]
    fn what_cannot_be_the_name_of_a_file_is_none() {
        for raw in [
            "", ".", "..", "a/", r"a\..", "/", "C:", "nul", "NUL.txt", "con .x", "lpt1",
            "com9.log", "\u{202e}", " . ", "\0",
        ] {
            assert_eq!(safe(raw), None, "{raw:?}");
        }
        assert_eq!(safe(&"x".repeat(255)).map(|name| name.len()), Some(255));
        assert_eq!(safe(&"x".repeat(256)), None);
    }
}

//! `Content-Security-Policy` (W3C CSP 3 §2.2) with a nonce: what a page may load, and which of its scripts are its own.

use std::fmt::{self, Write as _};
use std::io;
use std::str::FromStr;

use actix_web::http::header::HeaderValue;

use super::malformed::Malformed;

/// A word that no other answer holds: 128 random bits from the operating system, in base64url.
///
/// # Examples
/// ```
/// use kirsch::http::policy::Nonce;
///
/// let nonce = Nonce::new()?;
/// assert_eq!(nonce.as_str().len(), 22);
/// assert_ne!(nonce, Nonce::new()?);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(
    /// Letters, digits, `-` and `_` only, so that it can stand in a header and in an attribute as it is.
    String,
);

impl Nonce {
    /// A new one (CSP 3 §7.1 asks for at least 128 bits).
    ///
    /// # Errors
    /// When the operating system has no random numbers to give. The page must fail then: a nonce that can be guessed protects nobody.
    pub fn new() -> io::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self(base64url(u128::from_be_bytes(bytes))))
    }

    /// The word, for the attribute `nonce` of a script.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// RFC 4648 §5, without padding: 21 digits of 6 bits, and one of the last 2.
fn base64url(bits: u128) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let whole = (0..21).map(|at| bits >> (122 - 6 * at));
    whole
        .chain([bits << 4])
        .filter_map(|digit| DIGITS.get(usize::try_from(digit & 63).ok()?))
        .map(|&digit| char::from(digit))
        .collect()
}

/// A policy, in which the word `'nonce'` stands for the nonce of each answer.
///
/// It is read once, at start; per answer its pieces and the nonce are only put together.
///
/// # Examples
/// ```
/// use kirsch::http::policy::{ContentSecurityPolicy, Nonce};
///
/// let policy: ContentSecurityPolicy = "default-src 'self'; script-src 'self' 'nonce'".parse().unwrap();
/// let nonce = Nonce::new().unwrap();
/// assert_eq!(policy.value(&nonce), format!("default-src 'self'; script-src 'self' 'nonce-{nonce}'"));
///
/// let refused = "default-src self".parse::<ContentSecurityPolicy>().unwrap_err();
/// assert_eq!(refused.to_string(), "`self` in `default-src self` would be a host of that name; write `'self'`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentSecurityPolicy {
    /// What stands before, between and behind the nonces; visible ASCII and blanks only.
    pieces: Vec<String>,
    /// The value, if there is no nonce in it.
    fixed: Option<HeaderValue>,
}

impl ContentSecurityPolicy {
    /// The value, if it is the same for every answer: no nonce has to be made.
    pub fn fixed(&self) -> Option<&HeaderValue> {
        self.fixed.as_ref()
    }

    /// The value with this nonce.
    pub fn value(&self, nonce: &Nonce) -> HeaderValue {
        if let Some(fixed) = &self.fixed {
            return fixed.clone();
        }
        let length: usize = self
            .pieces
            .iter()
            .map(|piece| piece.len() + nonce.0.len())
            .sum();
        let mut value = String::with_capacity(length);
        for (at, piece) in self.pieces.iter().enumerate() {
            if at > 0 {
                value.push_str(&nonce.0);
            }
            value.push_str(piece);
        }
        HeaderValue::try_from(value).expect("the pieces and the nonce are visible ASCII")
    }
}

impl FromStr for ContentSecurityPolicy {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if let Some(at) = text.chars().position(|character| !is_allowed(character)) {
            let (text, at) = (text.escape_debug(), at + 1);
            return Err(Malformed::new(format!(
                "`{text}` is no policy: its character {at} is neither visible ASCII nor a blank"
            )));
        }
        let directives = text.split(';').map(str::trim);
        let directives: Vec<_> = directives
            .filter(|directive| !directive.is_empty())
            .collect();
        let mut wrong: Vec<_> = directives.iter().filter_map(|text| mistake(text)).collect();
        wrong.extend(repeated(&directives));
        if directives.is_empty() {
            wrong.push(Malformed::new(
                "a policy that says nothing protects nobody; write `default-src 'self'`, or leave it out",
            ));
        }
        match Malformed::of_all(wrong) {
            Some(malformed) => Err(malformed),
            None => Self::of(&directives),
        }
    }
}

impl ContentSecurityPolicy {
    fn of(directives: &[&str]) -> Result<Self, Malformed> {
        let plain = |directive: &&str| {
            directive
                .split(' ')
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let text = directives.iter().map(plain).collect::<Vec<_>>().join("; ");
        let mut pieces = vec![String::new()];
        for (at, part) in text.split("'nonce'").enumerate() {
            if at > 0
                && let Some(last) = pieces.last_mut()
            {
                last.push_str("'nonce-");
                pieces.push("'".to_owned());
            }
            if let Some(last) = pieces.last_mut() {
                last.push_str(part);
            }
        }
        let fixed = (pieces.len() == 1)
            .then(|| super::field::checked_value(&text))
            .transpose()?;
        Ok(Self { pieces, fixed })
    }
}

impl fmt::Display for ContentSecurityPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.pieces.join("\0").replace("'nonce-\0'", "'nonce'");
        f.write_str(&text)
    }
}

fn is_allowed(character: char) -> bool {
    character == ' ' || character.is_ascii_graphic()
}

/// What is wrong with one directive: a name and words, of which some stand in single quotes.
fn mistake(directive: &str) -> Option<Malformed> {
    let mut words = directive.split(' ').filter(|word| !word.is_empty());
    let name = words.next().unwrap_or_default();
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !name.bytes().all(in_name) {
        return Some(Malformed::new(format!(
            "`{name}` is no name of a directive; write one such as `default-src`, and `;` between directives"
        )));
    }
    words.find_map(|word| {
        let why = word_mistake(word)?;
        Some(Malformed::new(format!("`{word}` in `{directive}` {why}")))
    })
}

/// What browsers know in quotes, and people forget to quote.
const KEYWORDS: [&str; 9] = [
    "self",
    "none",
    "nonce",
    "unsafe-inline",
    "unsafe-eval",
    "unsafe-hashes",
    "strict-dynamic",
    "wasm-unsafe-eval",
    "report-sample",
];

fn word_mistake(word: &str) -> Option<String> {
    if word.contains(',') {
        // A comma ends the policy and begins another one (CSP 3 §2.2.2).
        return Some("has a comma, which would begin another policy; write a blank or `;`".into());
    }
    if KEYWORDS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(word))
    {
        return Some(format!("would be a host of that name; write `'{word}'`"));
    }
    if !word.contains('\'') {
        return None;
    }
    let inner = word
        .strip_prefix('\'')
        .and_then(|word| word.strip_suffix('\''));
    let Some(inner) = inner.filter(|inner| !inner.is_empty() && !inner.contains('\'')) else {
        return Some("has a quote without its other; write `'self'`".into());
    };
    if inner.len() > 5
        && inner
            .get(..6)
            .is_some_and(|start| start.eq_ignore_ascii_case("nonce-"))
    {
        return Some(
            "is a nonce that never changes, which protects nobody; write `'nonce'`".into(),
        );
    }
    let small = inner.to_ascii_lowercase();
    let differs = small != inner && KEYWORDS.contains(&small.as_str());
    differs.then(|| format!("is written small: `'{small}'`"))
}

/// Of two directives of one name browsers ignore the second (CSP 3 §2.2.1).
fn repeated(directives: &[&str]) -> Vec<Malformed> {
    let name = |directive: &&str| {
        directive
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let names: Vec<_> = directives.iter().map(name).collect();
    let mut told = String::new();
    names
        .iter()
        .enumerate()
        .filter(|(at, name)| names.iter().take(*at).any(|before| before == *name))
        .map(|(_, name)| {
            told.clear();
            let _ = write!(
                told,
                "`{name}` stands twice, and browsers read only the first; write one"
            );
            Malformed::new(told.as_str())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy(text: &str) -> ContentSecurityPolicy {
        text.parse().expect(text)
    }

    fn nonce() -> Nonce {
        Nonce("N".into())
    }

    #[test]
    fn the_nonce_stands_where_its_word_stood() {
        for (text, value) in [
            ("default-src 'self'", "default-src 'self'"),
            ("script-src 'nonce'", "script-src 'nonce-N'"),
            (
                "script-src 'self' 'nonce' 'strict-dynamic'; style-src 'nonce'",
                "script-src 'self' 'nonce-N' 'strict-dynamic'; style-src 'nonce-N'",
            ),
            (
                " ; default-src   'none' ;; img-src https: data: *.example.org:443/a ;",
                "default-src 'none'; img-src https: data: *.example.org:443/a",
            ),
            ("upgrade-insecure-requests", "upgrade-insecure-requests"),
            ("script-src 'sha256-AbC+/=='", "script-src 'sha256-AbC+/=='"),
            (
                "sandbox allow-forms; report-to nonces",
                "sandbox allow-forms; report-to nonces",
            ),
        ] {
            assert_eq!(policy(text).value(&nonce()), value, "{text:?}");
            assert_eq!(
                policy(text).fixed().is_some(),
                !value.contains('N'),
                "{text:?}"
            );
            assert_eq!(policy(&policy(text).to_string()), policy(text), "{text:?}");
        }
    }

    #[test]
    fn a_mistake_in_a_policy_is_told() {
        for (text, words) in [
            ("", "says nothing"),
            (" ;; ", "says nothing"),
            ("default-src 'self'\r\nSet-Cookie: a=b", "character 19"),
            ("default-src\t'self'", "character 12"),
            ("default-src é", "character 13"),
            ("default-src \0", "character 13"),
            ("default-src 'self", "without its other"),
            ("default-src self'", "without its other"),
            ("default-src 'self''none'", "without its other"),
            ("default-src ''", "without its other"),
            ("default-src '", "without its other"),
            ("default-src a'b'c", "without its other"),
            ("default-src self", "write `'self'`"),
            ("script-src nonce", "write `'nonce'`"),
            ("script-src NONE", "write `'NONE'`"),
            ("script-src 'Nonce'", "`'nonce'`"),
            ("script-src 'nonce-abc'", "never changes"),
            ("script-src 'self', 'none'", "another policy"),
            ("'self'", "no name of a directive"),
            ("default-src: 'self'", "no name of a directive"),
            (
                "img-src a; script-src b; IMG-src c",
                "`img-src` stands twice",
            ),
        ] {
            let refused = text
                .parse::<ContentSecurityPolicy>()
                .expect_err(text)
                .to_string();
            assert!(refused.contains(words), "{text:?}: {refused}");
            assert!(!refused.contains(char::is_control), "{refused:?}");
        }
        let both = "default-src self; x' y"
            .parse::<ContentSecurityPolicy>()
            .unwrap_err()
            .to_string();
        assert!(both.contains("`self`") && both.contains("`x'`"), "{both}");
    }

    #[test]
    fn a_nonce_is_base64url() {
        // RFC 4648 §5; the digits of 16 equal bytes are known.
        assert_eq!(base64url(0), "A".repeat(22));
        assert_eq!(base64url(u128::MAX), format!("{}w", "_".repeat(21)));
        assert_eq!(
            base64url(u128::from_be_bytes(*b"0123456789abcdef")),
            "MDEyMzQ1Njc4OWFiY2RlZg"
        );
        let nonces: std::collections::HashSet<_> = (0..1000)
            .map(|_| Nonce::new().unwrap().to_string())
            .collect();
        assert_eq!(nonces.len(), 1000);
        let in_nonce = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        assert!(
            nonces
                .iter()
                .all(|nonce| nonce.len() == 22 && nonce.bytes().all(in_nonce))
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(default-src|script-src|'nonce'|'self'|self|'| |;|,|[\r\n]|.)*") {
            if let Ok(policy) = text.parse::<ContentSecurityPolicy>() {
                let value = policy.value(&nonce());
                prop_assert!(value.to_str().is_ok());
                prop_assert_eq!(policy.to_string().parse(), Ok(policy));
            }
        }
    }
}

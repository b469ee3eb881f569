//! Numbers with a unit after them, counted exactly: `1.5h`, `64KiB`.

/// A decimal number as it was written: `1.50` is 150 of 2 places.
pub(super) struct Decimal {
    digits: u128,
    places: u32,
}

impl Decimal {
    /// The number at the beginning, and what stands after it. `None`: there is none, or it has more digits than any value needs.
    pub(super) fn read(text: &str) -> Option<(Self, &str)> {
        let is_digit = |c: char| c.is_ascii_digit();
        let rest = text.trim_start_matches(is_digit);
        let (rest, places) = match rest.strip_prefix('.') {
            Some(after) => {
                let rest = after.trim_start_matches(is_digit);
                (rest, after.len() - rest.len())
            }
            None => (rest, 0),
        };
        let written = text.strip_suffix(rest)?;
        let odd = written.starts_with('.') || written.ends_with('.') || written.len() > 30;
        if odd {
            return None;
        }
        let digits = written.replace('.', "").parse().ok()?;
        let places = u32::try_from(places).ok()?;
        Some((Self { digits, places }, rest))
    }

    /// So many of a unit, if that is a whole number.
    pub(super) fn times(&self, unit: u128) -> Option<u128> {
        let scale = 10_u128.checked_pow(self.places)?;
        let product = self.digits.checked_mul(unit)?;
        (product % scale == 0).then_some(product / scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(text: &str, unit: u128) -> Option<u128> {
        Decimal::read(text).and_then(|(number, _)| number.times(unit))
    }

    #[test]
    fn fractions_are_exact() {
        assert_eq!(times("1.5h", 60), Some(90));
        assert_eq!(times("0.1", 10), Some(1));
        assert_eq!(times("0.1", 1), None);
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["", ".", ".5", "5.", "h", "-1", &"9".repeat(31)] {
            assert_eq!(times(text, 1), None, "{text}");
        }
    }
}

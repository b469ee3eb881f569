//! Tables in Markdown.

use std::fmt;

/// A table: the first column is text, the others are figures.
#[derive(Debug)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns.
    pub fn new(head: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            head: head.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| {} |", self.head.join(" | "))?;
        writeln!(f, "|---|{}", "--:|".repeat(self.head.len() - 1))?;
        self.rows
            .iter()
            .try_for_each(|cells| writeln!(f, "| {} |", cells.join(" | ")))
    }
}

/// A number with a space between thousands: `472 410`.
pub fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let groups: Vec<_> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy)
        .collect();
    groups.join(" ")
}

/// A number without needless digits: `8`, `8.5`.
pub fn few_digits(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// The middle one of some figures; of an even number, the mean of the two in the middle.
pub fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() % 2 {
        1 => figures.get(middle).copied(),
        _ => Some(f64::midpoint(
            *figures.get(middle.checked_sub(1)?)?,
            *figures.get(middle)?,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_trimmed() {
        assert_eq!(thousands(472_409.6), "472 410");
        assert_eq!(thousands(999.0), "999");
        assert_eq!(few_digits(8.04), "8");
        assert_eq!(few_digits(8.5), "8.5");
    }

    #[test]
    fn the_median_stands_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0]), Some(2.5));
        assert_eq!(median(Vec::new()), None);
    }

    #[test]
    fn a_table_is_markdown() {
        let mut table = Table::new(["endpoint", "kirsch"]);
        table.row(vec!["json".into(), "1".into()]);
        assert_eq!(
            table.to_string(),
            "| endpoint | kirsch |\n|---|--:|\n| json | 1 |\n"
        );
    }
}

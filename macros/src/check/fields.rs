//! The `#[child]` fields of a struct, among themselves.

use crate::mistakes::{Mistake, Mistakes};
use crate::model::{FieldChild, Node};

/// Of two children at one URL, one would never be reached.
pub(super) fn paths_differ(node: &Node) -> syn::Result<()> {
    let mut mistakes = Mistakes::default();
    for (earlier, later) in
        pairs(&node.fields).filter(|(earlier, later)| earlier.path.same_shape(&later.path))
    {
        let (first, second, path) = (&earlier.name, &later.name, &later.path);
        mistakes.add(
            Mistake::at_span(
                later.path.span,
                format!("`{first}` and `{second}` both stand at `{path}`"),
            )
            .help("give one of the two another path"),
        );
        mistakes.add(Mistake::at_span(
            earlier.path.span,
            format!("`{first}` is here"),
        ));
    }
    mistakes.or(())
}

/// Each field with each that stands before it, except where `cfg` may remove one of the two.
fn pairs(fields: &[FieldChild]) -> impl Iterator<Item = (&FieldChild, &FieldChild)> {
    let pairs = fields.iter().enumerate().flat_map(|(index, later)| {
        fields
            .iter()
            .take(index)
            .map(move |earlier| (earlier, later))
    });
    pairs.filter(|(earlier, later)| earlier.cfgs.is_empty() && later.cfgs.is_empty())
}

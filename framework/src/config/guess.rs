//! What was probably meant, and lists of what there is.

/// The known name that is nearest to what was written, if one is near.
///
/// A dotted key is compared with the keys of its own namespace first, by what stands behind the last dot: `tools.caching.delya` is
/// nearer to `tools.caching.delay` than to anything else.
pub(crate) fn meant<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let Some((namespace, last)) = written.rsplit_once('.') else {
        return nearest(written, known.iter().map(|name| (*name, *name)));
    };
    let parts = || {
        known
            .iter()
            .filter_map(|name| Some((*name, name.rsplit_once('.')?)))
    };
    let here = parts()
        .filter(|(_, (space, _))| *space == namespace)
        .map(|(name, (_, last))| (name, last));
    let elsewhere = || {
        parts()
            .find(|(_, (_, other))| *other == last)
            .map(|(name, _)| name)
    };
    nearest(last, here)
        .or_else(|| nearest(written, known.iter().map(|name| (*name, *name))))
        .or_else(elsewhere)
}

/// The words after `help:` for a name that is not known: the one that was meant, else all there are.
pub(crate) fn help(written: &str, known: &[&str]) -> String {
    match meant(written, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => there_are(known),
    }
}

/// `` there are `a`, `b` and `c` ``.
pub(crate) fn there_are(names: &[&str]) -> String {
    match names {
        [] => "there are none".to_owned(),
        [only] => format!("there is `{only}`"),
        [first @ .., last] => format!("there are `{}` and `{last}`", first.join("`, `")),
    }
}

/// Of names and what to compare of each: the name whose part is nearest, the first of equals.
fn nearest<'a>(written: &str, names: impl Iterator<Item = (&'a str, &'a str)>) -> Option<&'a str> {
    let written = written.to_lowercase();
    let reach = (written.chars().count() / 3).max(1);
    names
        .map(|(name, part)| (strsim::osa_distance(&written, &part.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= reach)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swapped_letters_and_capitals_are_near() {
        assert_eq!(meant("defualt", ["default", "name"]), Some("default"));
        assert_eq!(meant("GLOBAL", ["global"]), Some("global"));
    }

    #[test]
    fn a_dotted_key_stays_in_its_namespace() {
        let known = ["tools.gzip.level", "tools.caching.delay", "server.level"];
        assert_eq!(
            meant("tools.caching.dalay", known),
            Some("tools.caching.delay")
        );
        assert_eq!(meant("tools.gzip.levle", known), Some("tools.gzip.level"));
        assert_eq!(meant("sever.level", known), Some("server.level"));
        assert_eq!(meant("engine.delay", known), Some("tools.caching.delay"));
        assert_eq!(meant("engine.colour", known), None);
    }

    #[test]
    fn without_a_near_name_all_are_listed() {
        assert_eq!(
            help("colour", &["a_path", "rest"]),
            "there are `a_path` and `rest`"
        );
        assert_eq!(help("colour", &[]), "there are none");
    }
}

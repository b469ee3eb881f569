//! The path that is looked for, cut at its slashes.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::http::percent;

/// The segments of a path below its mount.
pub(super) struct Segments<'p> {
    pub(super) path: &'p str,
    pub(super) ranges: SmallVec<[(u32, u32); 16]>,
    pub(super) encoded: bool,
}

impl<'p> Segments<'p> {
    /// `None` when there are too many, or one of them is not well encoded.
    pub(super) fn of(path: &'p str, from: usize, most: usize) -> Option<Self> {
        let below = path.as_bytes().get(from..)?;
        let mut segments = Self {
            path,
            ranges: SmallVec::new(),
            encoded: below.contains(&b'%'),
        };
        // The first slash is the end of the mount; every segment ends at the next, the last at the end.
        let mut start = from + 1;
        while let Some(rest) = path.as_bytes().get(start..) {
            let end = rest.iter().position(|byte| *byte == b'/');
            let end = end.map_or(path.len(), |at| start + at);
            let range = (u32::try_from(start).ok()?, u32::try_from(end).ok()?);
            segments.ranges.push(range);
            start = end + 1;
        }
        let well_formed = segments.ranges.len() <= most
            && (!segments.encoded || (0..segments.len()).all(|at| segments.decoded(at).is_some()));
        well_formed.then_some(segments)
    }

    #[inline]
    pub(super) fn raw(&self, at: usize) -> &'p str {
        let (start, end) = self.ranges[at];
        self.path.get(start as usize..end as usize).unwrap_or("")
    }

    #[inline]
    pub(super) fn decoded(&self, at: usize) -> Option<Cow<'p, str>> {
        if self.encoded {
            percent::decode_segment(self.raw(at))
        } else {
            Some(Cow::Borrowed(self.raw(at)))
        }
    }

    /// The decoded segment, unless it is one that no page and no capture takes: empty, `.` or `..`.
    pub(super) fn name(&self, at: usize) -> Option<Cow<'p, str>> {
        self.decoded(at).filter(|name| is_name(name))
    }

    #[inline]
    pub(super) fn is_name(&self, at: usize) -> bool {
        if self.encoded {
            self.name(at).is_some()
        } else {
            is_name(self.raw(at))
        }
    }

    /// `.` or `..`, however it is encoded. Whoever asks has resolved such segments before (WHATWG URL, 4.4; RFC 3986, 5.2.4). Nothing here does: the path
    /// would be another one for whoever stands before or behind this server, and no part of the site answers it.
    pub(super) fn is_dots(&self, at: usize) -> bool {
        self.decoded(at)
            .is_some_and(|name| matches!(&*name, "." | ".."))
    }

    pub(super) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Nothing is left at `at`: neither a segment nor a slash.
    pub(super) fn is_end(&self, at: usize) -> bool {
        at == self.len()
    }

    /// Only a slash is left at `at`.
    pub(super) fn is_slash(&self, at: usize) -> bool {
        at + 1 == self.len() && self.ranges[at].0 == self.ranges[at].1
    }
}

pub(super) fn is_name(segment: &str) -> bool {
    segment.len() > 2 || !matches!(segment.as_bytes(), b"" | b"." | b"..")
}

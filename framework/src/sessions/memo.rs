//! What each worker has understood last: a browser sends the same cookie with every request, and decrypting it is most of what a session costs.
//!
//! The whole header is compared, so that nothing is taken for a visitor that was not decrypted before, with the same keys, under the same name.

use std::cell::RefCell;

use crate::sessions::seal::Understood;

/// How many headers a worker remembers. They take the places of each other.
const SLOTS: usize = 256;

/// Longer headers are not remembered: 256 KiB a worker at most.
const LONGEST: usize = 1024;

struct Slot {
    /// Whose keys and name.
    reader: u64,
    header: Box<[u8]>,
    understood: Understood,
}

thread_local! {
    static MEMO: RefCell<Vec<Option<Slot>>> = const { RefCell::new(Vec::new()) };
}

/// What this reader has understood of the header before, else what it understands now.
pub(crate) fn understood(
    reader: u64,
    header: &[u8],
    read: impl FnOnce() -> Option<Understood>,
) -> Option<Understood> {
    let Some(at) = place(header) else {
        return read();
    };
    let known = MEMO.with_borrow(|slots| {
        let slot = slots.get(at)?.as_ref()?;
        let is_it = slot.reader == reader && *slot.header == *header;
        is_it.then(|| slot.understood.clone())
    });
    if known.is_some() {
        return known;
    }
    let understood = read()?;
    MEMO.with_borrow_mut(|slots| {
        if slots.is_empty() {
            slots.resize_with(SLOTS, || None);
        }
        slots[at] = Some(Slot {
            reader,
            header: header.into(),
            understood: understood.clone(),
        });
    });
    Some(understood)
}

/// A few bytes of what is encrypted are as good as a hash of it. Where it stands in the header, with other cookies around it, is not known: so they
/// are taken from two places.
fn place(header: &[u8]) -> Option<usize> {
    let middle = header.get(header.len() / 2..)?.first_chunk::<8>()?;
    let end = header
        .last_chunk::<8>()
        .filter(|_| header.len() <= LONGEST)?;
    let mixed = u64::from_le_bytes(*end) ^ u64::from_le_bytes(*middle).rotate_left(32);
    Some((mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize % SLOTS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sessions::id::Id;
    use crate::sessions::seal::Ticket;

    fn one() -> Understood {
        Understood::new(Ticket::new(Id::new().unwrap(), None), false)
    }

    #[test]
    fn a_cookie_of_others_does_not_put_all_visitors_in_one_place() {
        let places = |after: &str| {
            let headers = (0..100).map(|number: u64| {
                let value =
                    format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).repeat(8);
                format!("session_id={value}{after}")
            });
            let places: std::collections::BTreeSet<_> =
                headers.map(|header| place(header.as_bytes())).collect();
            places.len()
        };
        assert!(places("") > 50);
        assert!(places("; theme=dark-and-long-enough") > 50);
    }

    #[test]
    fn only_the_same_header_of_the_same_reader_is_known() {
        let (first, header) = (one(), b"session_id=abcdefgh12345678");
        assert!(understood(1, header, || None).is_none());
        let read = understood(1, header, || Some(first.clone())).unwrap();
        assert_eq!(read.ticket, first.ticket);
        let again = understood(1, header, || unreachable!("it is known")).unwrap();
        assert_eq!(again.ticket, first.ticket);
        assert!(understood(2, header, || None).is_none());
        assert!(understood(1, b"session_ix=abcdefgh12345678", || None).is_none());
        for short in [&b""[..], b"a=b", &[b'x'; 2_000]] {
            drop(understood(1, short, || Some(one())));
            assert!(understood(1, short, || None).is_none());
        }
    }
}

//! Where bytes of a frame are: which arena, which offset. What they mean is told elsewhere.

use wire::body::Span;
use wire::{Index, LZ4};

use crate::arena::{IN, INNER, RAW};

/// Which memory; the number is slot 8.
#[derive(Clone, Copy, Default)]
pub enum Arena {
    #[default]
    In = 0,
    Raw = 1,
    Inner = 2,
}

/// Bytes in an arena.
#[derive(Clone, Copy, Default)]
pub struct Place {
    pub arena: Arena,
    pub span: Span,
}

impl Place {
    /// Hands the bytes to `read`.
    pub fn read<T>(self, read: impl FnOnce(&[u8]) -> T) -> T {
        let of = |arena: &[u8]| read(self.span.of(arena));
        match self.arena {
            Arena::In => IN.with_borrow(|arena| of(arena)),
            Arena::Raw => RAW.with_borrow(|arena| of(arena)),
            Arena::Inner => INNER.with_borrow(|arena| of(arena)),
        }
    }

    /// A part of these bytes.
    pub fn part(self, span: Span) -> Self {
        let span = Span {
            at: self.span.at + span.at,
            len: span.len,
        };
        Self { span, ..self }
    }

    /// The body of a frame that stands in these bytes; `unpacked` holds it when it came compressed.
    pub fn body(self, index: &Index, unpacked: Arena) -> Self {
        if index.flags & LZ4 == 0 {
            self.part(index.body)
        } else {
            Self {
                arena: unpacked,
                span: index.body,
            }
        }
    }
}

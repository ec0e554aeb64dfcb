//! The run queue, and the messages that wait on promises. What an item holds is counted as it goes in and out.

use super::tables::Tables;
use crate::entry::Item;
use crate::refs::Kref;

impl Tables {
    /// Puts an item at the end of the run queue; its number.
    pub fn enqueue(&mut self, item: Item) -> u64 {
        self.hold_item(&item);
        let number = self.counters.queue_tail;
        self.counters.queue_tail += 1;
        self.queue.set(number, item);
        number
    }

    /// Takes the head of the run queue.
    pub fn dequeue(&mut self) -> Option<Item> {
        let item = self.queue.take(&self.counters.queue_head)?;
        self.counters.queue_head += 1;
        self.free_item(&item);
        Some(item)
    }

    /// Messages that wait on a promise: they are numbered from 1 and leave all at once.
    pub fn waiting_len(&self, promise: Kref) -> usize {
        let last = self
            .waiting
            .range((promise.number, 0)..=(promise.number, u64::MAX))
            .next_back();
        last.map_or(0, |((_, number), _)| {
            usize::try_from(*number).unwrap_or(usize::MAX)
        })
    }

    /// What waited on a promise joins the run queue, in order. What the messages hold stays as it is.
    pub fn release_waiting(&mut self, promise: Kref) {
        for number in 1.. {
            let Some(item) = self.waiting.take(&(promise.number, number)) else {
                return;
            };
            let place = self.counters.queue_tail;
            self.counters.queue_tail += 1;
            self.queue.set(place, item);
        }
    }

    /// Whether a message to `target` with this result would wait for itself: the target is to be settled by a message that waits, in
    /// one step or many, on the result. Nobody could ever settle such promises.
    pub fn waits_for_itself(&self, target: Kref, result: Option<Kref>) -> bool {
        let Some(result) = result else {
            return false;
        };
        let mut on = target.number;
        if on != result.number && self.waiting_len(result) == 0 {
            return false;
        }
        for _ in 0..=self.waiting.len() {
            if on == result.number {
                return true;
            }
            match self.waiting.index().results.get(&on) {
                Some(next) => on = *next,
                None => return false,
            }
        }
        true
    }
}

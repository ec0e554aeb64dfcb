//! Rows into tables. A store that contradicts itself is refused as a whole: a kernel that guessed would hand out what nobody was given.

use super::tables::Tables;
use crate::error::Error;
use crate::refs::Kref;
use crate::snapshot::Row;

impl Tables {
    /// The tables as rows tell them. Rows of vats' stores and of the host may be among them and are passed over.
    pub fn load(rows: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let mut tables = Self::default();
        let mut counted = false;
        let mut any = false;
        for (key, value) in rows {
            if key.starts_with(['b', 'd', 'h', 's', 't', 'y']) {
                continue;
            }
            let row = Row::decode(&key, &value)?;
            counted |= matches!(row, Row::Counters(_));
            any = true;
            tables.put(row);
        }
        if any && !counted {
            return Err(Error::BadRow);
        }
        // A command that waited in RAM held the promise that it waited for.
        if tables.contradictions(1).is_empty() {
            Ok(tables)
        } else {
            Err(Error::BadRow)
        }
    }

    fn put(&mut self, row: Row) {
        match row {
            Row::Action(vat, action, kref) => self.actions.load((vat, action, kref), ()),
            Row::CList(vat, kref, entry) => self.clists.load((vat, kref), entry),
            Row::Call(number, call) => self.calls.load(number, call),
            Row::Fixed(vat, fixed) => self.fixed.load(vat, fixed),
            Row::Subcluster(number, subcluster) => self.subclusters.load(number, subcluster),
            Row::Counters(counters) => self.load_counters(counters),
            Row::Object(number, object) => self.objects.load(number, object),
            Row::Promise(number, promise) => self.promises.load(number, promise),
            Row::Queue(number, item) => self.queue.load(number, item),
            Row::Url(hash, kref) => self.urls.load(hash, kref),
            Row::Vat(vat, row) => self.vats.load(vat, row),
            Row::Waiting(promise, number, item) => self.waiting.load((promise, number), item),
            Row::Keyed(hash, mut keyed) => {
                if let Some(answer) = &mut keyed.answer {
                    answer.clear();
                }
                self.keys.load(hash, keyed);
            }
        }
    }

    /// Promises that a command of the time before the crash held.
    pub fn abandoned_waits(&self) -> Vec<Kref> {
        let counts = self.recount().promises;
        let promises = self.promises.iter();
        let more = promises
            .filter(|(number, promise)| promise.count > counts.get(number).copied().unwrap_or(0));
        more.map(|(number, _)| Kref::promise(*number)).collect()
    }
}

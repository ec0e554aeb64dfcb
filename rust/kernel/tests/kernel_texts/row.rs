//! Rows and their keys: damaged ones, and that what is written is read back in the same order.

use super::*;

#[test]
fn damaged_rows_are_refused() {
    let o = "o/0000000000000001";
    let rows = [
        ("o/1", "[\"v1\",1,1,0,0,0]"),
        (o, "[\"v1\",1,1,0,0]"),
        (o, "[\"v1\",1,1,0,0,0,0]"),
        (o, "[\"v1\",2,1,0,0,0]"),
        (o, "[\"v1\",1,1,2,0,0]"),
        (o, "[\"v1\",0,1,0,1,0]"),
        (o, "[\"w1\",1,1,0,0,0]"),
        (o, "[\"v1\",9007199254740992,9007199254740992,0,0,0]"),
        (
            "p/0000000000000001",
            "[\"unresolved\",1,0,\"v1\",[\"v1\",\"v1\"]]",
        ),
        ("p/0000000000000001", "[\"settled\",1,0,\"#1\",[]]"),
        ("p/0000000000000001", "[\"fulfilled\",1,0,\"#1\",[\"v1\"]]"),
        ("c/0000000000000001/o0000000000000001", "[\"p+1\",1]"),
        ("c/0000000000000001/o0000000000000001", "[\"o+1\",2]"),
        ("q/0000000000000001", "[\"notify\",\"v1\",\"ko1\"]"),
        (
            "q/0000000000000001",
            "[\"send\",1,\"ko1\",\"#\",[],\"ko2\"]",
        ),
        ("q/0000000000000001", "[\"restart\",\"v1\",\"00\"]"),
        ("x/0000", "[1,\"0011223344556677\",null]"),
        ("a/0000000000000001/dropExports/o0000000000000001", "2"),
        (
            "u/0000000000000000000000000000000000000000000000000000000000000000",
            "\"ko1\"",
        ),
        ("z/1", "1"),
        ("", ""),
    ];
    for (key, value) in rows {
        assert_eq!(Row::decode(key, value), Err(BadRow), "{key} {value}");
    }
    let long = format!("[\"v1\",1,1,0,0,{}0]", " ".repeat(ROW_BYTES_MAX));
    assert_eq!(Row::decode(o, &long), Err(BadRow));
}

fn any_kref() -> impl Strategy<Value = Kref> {
    (any::<bool>(), 0..=NUMBER_MAX).prop_map(|(promise, number)| {
        if promise {
            Kref::promise(number)
        } else {
            Kref::object(number)
        }
    })
}

proptest! {
    #[test]
    fn keys_stand_in_the_order_of_their_texts(
        numbers in prop::collection::vec(0..=NUMBER_MAX, 2), krefs in prop::collection::vec(any_kref(), 2)
    ) {
        let keys = |at: usize| {
            let (n, kref) = (numbers[at], krefs[at]);
            [
                Key::Action(VatId(n), Action::DropExports, kref),
                Key::Action(VatId(n), Action::RetireImports, kref),
                Key::CList(VatId(n), kref),
                Key::Call(n),
                Key::Fixed(VatId(n)),
                Key::Subcluster(SubclusterId(n)),
                Key::Counters,
                Key::Object(n),
                Key::Promise(n),
                Key::Queue(n),
                Key::Url("a1".repeat(32)),
                Key::Vat(VatId(n)),
                Key::Waiting(n, kref.number),
                Key::Keyed("b2".repeat(32)),
            ]
        };
        for one in keys(0) {
            prop_assert_eq!(one.to_string().parse::<Key>(), Ok(one.clone()));
            for other in keys(1) {
                prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
            }
        }
    }

    #[test]
    fn entries_are_read_as_they_were_written(
        body in ".{0,40}", slots in prop::collection::vec(any_kref(), 0..4), number in 0..=NUMBER_MAX, kref in any_kref(), flag: bool
    ) {
        let value = CapData { body, slots };
        let result = kref.is_promise().then_some(kref);
        let item = Item::Send { message: number, target: kref, methargs: value.clone(), result };
        prop_assert_eq!(Item::decode(&item.encode()), Ok(item));
        let state = if flag { State::Fulfilled(value) } else { State::Rejected(value) };
        let promise = Promise { state, count: number, external: 0 };
        prop_assert_eq!(Promise::decode(&promise.encode()), Ok(promise));
        let owner = if flag { Owner::Vat(VatId(number)) } else { Owner::Service(String::from("clock")) };
        let object = Object { owner, reachable: number, recognizable: number, revoked: flag, pins: 0, external: number };
        prop_assert_eq!(Object::decode(&object.encode()), Ok(object));
    }
}

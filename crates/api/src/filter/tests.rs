use super::*;

const KNOWN: [Known; 3] = [
    Known("tx.id", Kind::Exact, &[]),
    Known("created", Kind::Ordered, &["block", "log"]),
    Known("name", Kind::Text, &["name"]),
];

fn read(query: &[(&str, &str)]) -> Result<Filter, String> {
    let pairs: Vec<_> = query.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Filter::read(&pairs, &KNOWN).map_err(|problem| format!("{problem:?}"))
}

#[test]
fn modifiers_and_operators_are_told_from_the_value() {
    use Is::{Above, AtLeast, AtMost, Below, Containing, Ending, Equal, Starting};
    let cases = [
        ("a", Some(Equal), "a", false, false, false),
        ("=a", Some(Equal), "a", false, false, false),
        ("==a", Some(Equal), "=a", false, false, false),
        ("!a", Some(Equal), "a", true, false, false),
        ("!:[=a", Some(Equal), "a", true, true, true),
        ("]a", Some(Equal), "a", false, false, false),
        ("@a", Some(Containing), "a", false, false, false),
        (":^a", Some(Starting), "a", false, true, false),
        ("!$a", Some(Ending), "a", true, false, false),
        ("<a", Some(Below), "a", false, false, false),
        ("<<a", Some(Below), "a", false, false, false),
        ("<=a", Some(AtMost), "a", false, false, false),
        ("[>a", Some(Above), "a", false, false, true),
        (">>a", Some(Above), "a", false, false, false),
        (">=a", Some(AtLeast), "a", false, false, false),
        ("", Some(Equal), "", false, false, false),
        ("?", None, "", false, false, false),
        ("?=", None, "", false, false, false),
        ("!?=", None, "", true, false, false),
        ("?a", Some(Equal), "a", false, false, false),
    ];
    for (text, is, value, not, fold, every) in cases {
        let expected = Test { field: "name", is, value: value.to_owned(), not, fold };
        assert_eq!(Test::read(&KNOWN[2], text).unwrap(), (expected, every), "{text}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let long = "x".repeat(MOST_CHARACTERS);
    let cases = [
        ("colour", "red", "colour"),
        ("tx.id", "^1", "tx.id"),
        ("tx.id", ">1", "tx.id"),
        ("created", "@1", "created"),
        ("created", "!>1", "FF00193"),
        ("name", ":<1", "FF00193"),
        ("skip", "1001", "FF00191"),
        ("limit", "1001", "FF00192"),
        ("limit", "99999999999", "FF00192"),
        ("limit", "0", "limit"),
        ("limit", "-1", "limit"),
        ("count", "maybe", "count"),
        ("sort", "tx.id", "sort"),
        ("sort", "", "sort"),
        ("name", &long, "query"),
    ];
    for (name, value, told) in cases {
        let problem = read(&[(name, value)]).unwrap_err();
        assert!(problem.contains(told), "{name}={value}: {problem}");
    }
    assert!(read(&[("name", "a"); MOST_CONDITIONS]).is_ok());
    assert!(read(&[("name", "a"); MOST_CONDITIONS + 1]).unwrap_err().contains("query"));
    assert!(read(&[("after", "x"), ("count", "")]).unwrap_err().contains("after"));
}

#[test]
fn repeats_and_order_are_put_together() {
    let filter = read(&[("NAME", "a"), ("name", "[b"), ("TX.ID", "1"), ("sort", "-created,name")]).unwrap();
    assert_eq!(filter.fields.len(), 2);
    assert_eq!((filter.fields[0].tests.len(), filter.fields[0].every), (2, true));
    let (up, down) = (Order::Ascending, Order::Descending);
    assert_eq!(filter.sort, [("block", down), ("log", down), ("name", up)]);
    let filter = read(&[("sort", "name"), ("sort", "created"), ("descending", "")]).unwrap();
    assert_eq!(filter.sort, [("name", down), ("block", down), ("log", down)]);
    let plain = read(&[("name", "a"), ("limit", "5")]).unwrap();
    assert_eq!(plain.plain(["tx.id", "name"]), Some([None, Some("a")]));
    for other in [&[("name", "!a")][..], &[("name", "a"), ("name", "b")], &[("skip", "1")], &[("tx.id", "1")]]
    {
        assert_eq!(read(other).unwrap().plain(["name"]), None, "{other:?}");
    }
}

#[test]
fn times_are_read_in_any_unit_and_rounded_to_the_columns() {
    let nanos_of = 1_700_000_000_000_000_000;
    let same = [
        "1700000000",
        "1700000000000",
        "1700000000000000000",
        "2023-11-14T22:13:20Z",
        "2023-11-14T22:13:20.000Z",
        "2023-11-14T23:13:20+01:00",
        "2023-11-14T16:43:20.000-05:30",
    ];
    for text in same {
        assert_eq!(nanos(text), Some(nanos_of), "{text}");
    }
    let bad = [
        "",
        "soon",
        "-1",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:59:59+01:00",
        "2023-11-14T22:13:20",
        "2023-11-14T22:13:20+1:00",
        "2023-11-14T22:13:20+24:00",
        "2023-11-14T22:13:20+01:60",
        "2023-11-14T22:13:20Z+01:00",
        "٢٠٢٣+01:00",
    ];
    for bad in bad {
        assert_eq!(nanos(bad), None, "{bad}");
    }
    let cases = [(">", Is::Above, 1), (">=", Is::AtLeast, 2), ("<", Is::Below, 2), ("<=", Is::AtMost, 1)];
    for (sign, is, bound) in cases {
        let test = Test::read(&KNOWN[1], &format!("{sign}1970-01-01T00:00:01.5Z")).unwrap().0;
        let expected = Condition::Column("t", is, Value::Int(bound));
        assert_eq!(test.time("t", 1_000_000_000).unwrap(), expected, "{sign}");
    }
    let half = Test::read(&KNOWN[1], "1970-01-01T00:00:01.5Z").unwrap().0;
    assert_eq!(half.time("t", 1_000_000_000).unwrap(), Condition::constant(false));
}

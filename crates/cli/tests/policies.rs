//! `interdict policies` and what each setting does, against a small list of our own.

mod common;

use common::{Home, Run};

const LIST: &str = "id,name,alias,weak_alias,kind,born,nationality
1,Thorvald Grimsbotn,,,person,1961-04-02,no
2,Hallgerd Mjosundet,,Ragna Vik,person,1970-01-01,no
3,Acme Kvitebjorn Trading,,,organization,,
4,Zephyrine Lumbardo,,,person,,
5,Stjernevakt,,,vessel,,pa
";

fn home() -> Home {
    let home = Home::new();
    let file = home.file("own.csv", LIST.as_bytes());
    let run = home.run(&["lists", "import", &file]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    home
}

#[expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]
fn score(run: &Run) -> f64 {
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    json["hits"][0]["score"].as_f64().unwrap_or(0.0)
}

fn screened(home: &Home, args: &[&str]) -> f64 {
    let mut all = vec!["screen", "--format", "json", "--threshold", "0.3"];
    all.extend(args);
    score(&home.run(&all))
}

#[test]
fn built_in_policies_are_shown_with_the_hash_of_their_results() {
    let home = home();
    let shown = home.run(&["policies", "--format", "json"]);
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    let all: Vec<serde_json::Value> = serde_json::from_str(&shown.out).unwrap();
    let names: Vec<&str> = all.iter().filter_map(|policy| policy["name"].as_str()).collect();
    assert_eq!(names, ["standard", "onboarding", "payments", "trade", "strict", "broad"]);
    let mut hashes: Vec<&str> = Vec::new();
    for policy in &all {
        let run = home.run(&[
            "screen",
            "Thorvald Grimsbotn",
            "--format",
            "json",
            "--policy",
            policy["name"].as_str().unwrap(),
        ]);
        let result: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(result["policy"], policy["hash"]);
        hashes.push(policy["hash"].as_str().unwrap());
    }
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), names.len(), "every policy has a hash of its own");
    let table = home.run(&["policies"]);
    assert!(table.out.contains("vessel.country") && table.out.contains("payments: "), "{}", table.out);
}

#[test]
fn weak_aliases() {
    let home = home();
    let policy = |kind: &str| {
        home.file(&format!("{kind}.toml"), format!("name = \"own\"\nweak_aliases = \"{kind}\"\n").as_bytes())
    };
    let (scored, supporting, ignored) = (policy("scored"), policy("supporting"), policy("ignored"));
    let alone = |policy: &str| home.run(&["screen", "Ragna Vik", "--policy", policy]).code;
    assert_eq!([alone(&scored), alone(&supporting), alone(&ignored)], [Some(1), Some(0), Some(0)]);
    let born = |policy: &str| home.run(&["screen", "Ragna Vik", "--born", "1970-01-01", "--policy", policy]).code;
    assert_eq!([born(&scored), born(&supporting), born(&ignored)], [Some(1), Some(1), Some(0)]);
    let full = |policy: &str| home.run(&["screen", "Hallgerd Mjosundet", "--policy", policy]).code;
    assert_eq!([full(&scored), full(&supporting), full(&ignored)], [Some(1), Some(1), Some(1)]);
    let explained = home.run(&["explain", "Ragna Vik", "--listing", "own:2", "--policy", &supporting]);
    assert_eq!(explained.code, Some(0), "{}", explained.err);
    assert!(explained.out.contains("the weak alias `Ragna Vik` resembles more"), "{}", explained.out);
}

#[test]
fn what_is_ignored_neither_raises_nor_lowers() {
    let home = home();
    let file = home.file("own.toml", b"name = \"own\"\nignore = [\"country\"]\n");
    let name = ["Thorvald Grimsbotm"];
    let alone = screened(&home, &name);
    let (same, other) = (["--country", "no"], ["--country", "kp"]);
    let with = |more: &[&str]| screened(&home, &[&name[..], more].concat());
    assert!(with(&same) > alone && with(&other) < alone, "{} {alone} {}", with(&same), with(&other));
    for country in [same, other] {
        assert!((with(&[&country[..], &["--policy", &file]].concat()) - alone).abs() < 1e-9);
    }
    // of ships only: the flag of a ship changes, a person's nationality does not
    let ship = ["Stjernevakt", "--kind", "vessel", "--country", "kp"];
    assert!(screened(&home, &ship) < 0.9);
    assert!(screened(&home, &[&ship[..], &["--policy", "trade"]].concat()) > 0.9);
    let person = with(&[&other[..], &["--policy", "trade"]].concat());
    assert!((person - with(&other)).abs() < 1e-9);
}

#[test]
fn the_users_words() {
    let home = home();
    let words = home.file("words.tsv", "# ours\nnickname\tZephyrine Puffy\nstop\tKvitebjørn\n".as_bytes());
    let with = |name: &str, more: &[&str]| screened(&home, &[&[name][..], more].concat());
    let own = ["--words", words.as_str()];
    assert!(with("Puffy Lumbardo", &[]) < with("Puffy Lumbardo", &own), "a nickname of ours is known");
    assert!(with("Puffy Lumbardo", &own) > 0.7);
    let company = ["--kind", "organization"];
    let stopped = [&company[..], &own].concat();
    assert!(with("Kvitebjorn Shipping", &company) > with("Kvitebjorn Shipping", &stopped), "a stop word tells little");
    // in a policy file, beside it
    let policy = home.file("own.toml", b"name = \"own\"\nwords = \"words.tsv\"\n");
    assert!((with("Puffy Lumbardo", &["--policy", &policy]) - with("Puffy Lumbardo", &own)).abs() < 1e-9);
    let hash = |file: &str| home.run(&["policies", file, "--format", "json"]).out;
    let before = hash(&policy);
    home.file("words.tsv", b"nickname\tZephyrine Puffo\n");
    assert_ne!(before, hash(&policy), "other words, another hash");
}

#[test]
fn what_cannot_be_read_stops_the_screening() {
    let home = home();
    for (file, content, says) in [
        ("a.toml", "name = \"a\"\ntreshold = 0.8\n", "a.toml, line 2: unknown key `treshold`"),
        ("b.json", "{\"name\": \"b\",\n\"threshold\": 1.2}", "b.json, line 2: threshold `1.2` is not from 0.3 to 1"),
        ("c.toml", "name = \"c\"\nwords = \"missing.tsv\"\n", "missing.tsv: "),
        ("d.toml", "name = \"d\"\nwords = \"d.tsv\"\n", "d.tsv, line 1: cannot read"),
        ("e.toml", "name = \"e\"\nignore = [\"identifier\"]\n", "`identifier` always counts"),
        ("f.toml", "threshold = 0.8\n", "f.toml, no key `name`"),
        ("lenient", "", "no policy `lenient`"),
    ] {
        home.file("d.tsv", b"alias\ta b\n");
        let path = home.file(file, content.as_bytes());
        let path = if file == "lenient" { file } else { &path };
        for command in [vec!["screen", "Thorvald Grimsbotn", "--policy", path], vec!["policies", path]] {
            let run = home.run(&command);
            assert_eq!(run.code, Some(2), "{command:?}: {}", run.out);
            assert!(run.err.contains(says) && run.out.is_empty(), "{command:?}: {}", run.err);
        }
    }
    assert_eq!(home.run(&["screen", "Thorvald Grimsbotn", "--limit", "0"]).code, Some(2));
}

#[test]
fn the_limit_is_of_what_is_shown() {
    let home = home();
    let file = home.file("other.csv", LIST.as_bytes());
    assert_eq!(home.run(&["lists", "import", &file, "--as", "zz"]).code, Some(0));
    let run = home.run(&["screen", "Thorvald Grimsbotn", "--limit", "1", "--list", "zz"]);
    assert_eq!(run.code, Some(1), "a hit on another list does not push it out: {}", run.out);
    let run = home.run(&["screen", "Thorvald Grimsbotn", "--limit", "1", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((json["hits_total"].as_u64(), json["hits"].as_array().map(Vec::len)), (Some(2), Some(1)));
}

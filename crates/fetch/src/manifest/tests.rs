//! Manifests as they are written, well and badly.

use super::*;

fn local() -> Origin {
    Origin::File("/etc/yente/manifest.yml".into())
}

fn remote() -> Origin {
    Origin::Network { url: Url::parse("https://host.example/m/index.json").unwrap(), may_name_files: false }
}

fn planned(text: &str, origin: &Origin) -> Result<Plan, ManifestError> {
    let read = manifest(text.as_bytes())?;
    plan(read.datasets.into_iter().map(|spec| (spec, origin.clone(), None)).collect())
}

const OWN: &str = "
datasets:
  - name: customer_blocklist
    title: Customer Blocklist
    path: lists/blocklist.json
    version: 20220419001
  - name: leaks
    entities_url: https://host.example/leaks/entities.ftm.json
    delta_url: https://host.example/leaks/delta.json
    version: \"20260101\"
    namespace: true
    publisher: {name: Somebody, official: false}
  - name: full
    title: Full index
    datasets: [customer_blocklist, leaks, us_ofac_sdn]
";

#[test]
fn data_sets_become_lists_and_collections() {
    let plan = planned(OWN, &local()).unwrap();
    let [block, leaks] = &plan.datasets[..] else { panic!("{plan:?}") };
    assert_eq!((block.list.as_str(), block.version()), ("customer-blocklist", Some("20220419001")));
    assert_eq!(block.entities.as_ref().unwrap().file.url.as_str(), "file:///etc/yente/lists/blocklist.json");
    assert_eq!(leaks.delta.as_ref().unwrap().as_str(), "https://host.example/leaks/delta.json");
    assert!(leaks.namespace && !block.namespace && leaks.title == "leaks");
    assert_eq!(plan.collections[0].children, ["customer_blocklist", "leaks", "us_ofac_sdn"]);
}

#[test]
fn collections_come_to_the_lists_that_are_loaded() {
    let text = format!(
        "{OWN}  - {{name: all_of_it, datasets: [full, nested, off]}}
  - {{name: nested, children: [leaks]}}
  - {{name: off, path: x, load: false}}
  - {{name: nothing, datasets: [off]}}
  - {{name: whole, path: y, load: true, children: [leaks]}}\n"
    );
    let held = planned(&text, &local()).unwrap().held().unwrap();
    let found: Vec<(&str, Vec<&str>)> =
        held.iter().map(|one| (one.name.as_str(), one.lists.iter().map(String::as_str).collect())).collect();
    // What is not loaded on purpose is left out, what nobody knows is kept; what is loaded in one piece is a list.
    let full = vec!["customer-blocklist", "leaks", "us_ofac_sdn"];
    assert_eq!(found, [("full", full.clone()), ("all_of_it", full), ("nested", vec!["leaks"])]);
    assert_eq!(held[0].title, "Full index");
    let many = |i: usize| Spec { name: format!("c{i}"), datasets: vec![format!("c{}", i + 1)], ..Spec::default() };
    let chain = plan((0..20_000).map(|i| (many(i), local(), None)).collect()).unwrap();
    assert!(chain.held().unwrap_err().reason.contains("hold each other"));
}

#[test]
fn a_catalogue_is_narrowed_to_its_scope_and_names_its_files() {
    let index = r#"{"datasets":[
        {"name":"a","version":"1-x","resources":[{"name":"entities.ftm.json","url":"a.json","checksum":"AB","size":3}],"children":null},
        {"name":"b","resources":[{"name":"targets.csv","url":"b.csv"},{"name":"mine.json","url":"/b.json"}]},
        {"name":"all_of_it","title":"All","children":["a","b"],"version":"2-y"}]}"#;
    let with = |text: &str| {
        let spec = manifest(format!("catalogs:\n  - {text}").as_bytes())?.catalogs.remove(0);
        let mut specs = catalogue(index.as_bytes())?;
        spec.apply(&mut specs)?;
        plan(specs.into_iter().map(|spec| (spec, remote(), None)).collect())
    };
    let one = with("{url: 'https://host.example/m/index.json', scope: a}").unwrap();
    let entry = one.datasets[0].entities.as_ref().unwrap();
    assert_eq!((entry.file.url.as_str(), entry.size), ("https://host.example/m/a.json", Some(3)));
    assert_eq!((one.datasets.len(), one.collections.len()), (1, 2));
    let every = with("{url: x, resource_name: mine.json, namespace: true}").unwrap();
    let found: Vec<bool> = every.datasets.iter().map(|dataset| dataset.entities.is_ok()).collect();
    assert_eq!(found, [false, true], "the resource that is asked for, and no other");
    assert!(every.datasets[0].entities.as_ref().unwrap_err().reason.contains("`a` names no file of entities"));
    let error = with("{url: x, scopes: [a, zz]}").unwrap_err().to_string();
    assert!(error.contains("no data set `zz` among 3") && error.contains("hint: it has a, b"), "{error}");
}

#[test]
fn what_came_over_the_network_names_no_file_and_no_variable() {
    for text in [
        "datasets: [{name: a, path: /etc/passwd}]",
        "datasets: [{name: a, entities_url: 'file:///etc/passwd'}]",
        "datasets: [{name: a, entities_url: 'https://x/y', delta_url: 'file:///etc/passwd'}]",
    ] {
        let plan = planned(text, &remote()).unwrap();
        let error = plan.datasets[0].entities.as_ref().unwrap_err().to_string();
        assert!(error.contains("names a file of this computer") && error.contains("--allow-files"), "{error}");
        let allowed = Origin::Network { url: Url::parse("https://host.example/").unwrap(), may_name_files: true };
        assert!(planned(text, &allowed).unwrap().datasets[0].entities.is_ok(), "{text}");
        assert!(planned(text, &local()).unwrap().datasets[0].entities.is_ok(), "{text}");
    }
    let of = |token: &str| {
        let text = format!("catalogs: [{{url: 'https://x/y', auth_token: '{token}'}}]");
        manifest(text.as_bytes()).unwrap().catalogs.remove(0)
    };
    let environment = |name: &str| (name == "KEY").then(|| "s3cret".to_owned());
    let sent = |token: &str, origin: &Origin| {
        of(token).secret(origin, &environment).map(|secret| secret.unwrap().reveal().to_owned())
    };
    assert_eq!(sent("$KEY", &local()).unwrap(), "Token s3cret");
    assert_eq!(sent("a-${KEY}-b$", &local()).unwrap(), "Token a-s3cret-b$");
    assert_eq!(sent("plain", &remote()).unwrap(), "Token plain");
    assert!(sent("${KEY}", &remote()).unwrap_err().reason.contains("names a variable"));
    assert!(sent("$OTHER", &local()).unwrap_err().reason.contains("`OTHER` is not set"));
    let spec = of("hush");
    let secret = spec.secret(&local(), &environment).unwrap();
    assert!(!format!("{spec:?}{secret:?}").contains("hush"));
}

#[test]
fn hostile_manifests_are_refused_with_their_reason() {
    let cycle = "datasets: [{name: a, datasets: [b]}, {name: b, datasets: [c]}, {name: c, children: [b]}]";
    let own = "datasets: [{name: a, datasets: [a]}]";
    let twice = "datasets: [{name: a, path: x}, {name: a, path: y}]";
    let same = "datasets: [{name: a_b, path: x}, {name: a-b, path: y}]";
    for (text, part) in [
        (cycle, "the collection `b` holds itself"),
        (own, "the collection `a` holds itself"),
        (twice, "`a` is named twice"),
        (same, "`a-b` would take the place of `a_b`"),
        ("datasets: [{name: un_sc, path: x}]", "of an official list"),
        ("datasets: [{name: '../a', path: x}]", "`../a` cannot be the name of a list"),
        ("catalogs: [{url: x, scop: a}]", "scop"),
        ("catalog: []", "catalog"),
        ("{}", "neither catalogues nor data sets"),
        ("<html>", "no manifest"),
        ("a: &a [*a]", "no manifest"),
        ("datasets: [{name: ", "no manifest"),
    ] {
        let error = planned(text, &local()).unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("\nhint: "), "{part}: {error}");
    }
    let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (from, to) in "abcdefghi".chars().zip("bcdefghij".chars()) {
        bomb.push_str(&format!(
            "{to}: &{to} [*{from},*{from},*{from},*{from},*{from},*{from},*{from},*{from},*{from}]\n"
        ));
    }
    assert!(manifest(bomb.as_bytes()).is_err());
    assert!(manifest(&b"[".repeat(100_000)).is_err(), "depth");
}

#[test]
fn a_million_data_sets_are_refused_and_a_deep_chain_is_walked() {
    let many: Vec<String> = (0..1_000_000).map(|i| format!("{{\"name\":\"d{i}\",\"load\":false}}")).collect();
    let many = format!("{{\"datasets\":[{}]}}", many.join(","));
    let error = catalogue(many.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("1000000 data sets, of which 20000 may be"), "{error}");
    let spec =
        |i: usize, below: usize| Spec { name: format!("c{i}"), datasets: vec![format!("c{below}")], ..Spec::default() };
    let chain =
        |ends: usize| (0..20_000).map(|i| (spec(i, if i == 19_999 { ends } else { i + 1 }), local(), None)).collect();
    assert_eq!(plan(chain(20_000)).unwrap().collections.len(), 20_000);
    assert!(plan(chain(7)).unwrap_err().reason.contains("holds itself"));
    let lists =
        (0..1_001).map(|i| (Spec { name: format!("d{i}"), path: Some("x".into()), ..Spec::default() }, local(), None));
    assert!(plan(lists.collect()).unwrap_err().reason.contains("more than 1000 data sets would be loaded"));
}

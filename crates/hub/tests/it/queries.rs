//! What clients ask, and what those ask who mean harm.

use serde_json::{Value, json};

use crate::stage::{NOW, SPACE, Served, ballot, member};

#[tokio::test]
async fn clients_get_what_they_ask_for() {
    let served = Served::start().await;
    let id = served.opens("basic").await;
    for voter in 20..25 {
        served.takes(&ballot(voter, id)).await;
    }
    // The queries of the protocol's own interface, with its variables.
    let query = "query Proposals($first: Int!, $space: String, $state: String, $title: String) { \
         proposals(first: $first, skip: 0, orderBy: \"created\", orderDirection: desc, \
         where: {space: $space, state: $state, title_contains: $title}) { id ipfs author state start end snapshot type \
         quorum quorumType network strategies { name params } space { id name members symbol } scores_state } }";
    let ask = |state: &str, title: &str| {
        let variables = json!({"first": 10, "space": SPACE, "state": state, "title": title});
        served.post("/graphql", json!({"query": query, "variables": variables}).to_string())
    };
    let (_, answer) = ask("active", "LOWER").await;
    let proposals = answer["data"]["proposals"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(proposals.len(), 1);
    assert_eq!(proposals[0]["id"], id.to_string());
    assert_eq!(proposals[0]["author"], member().address().to_string());
    assert_eq!(proposals[0]["snapshot"], "12998200");
    assert_eq!(proposals[0]["space"]["members"], json!([member().address().to_string()]));
    assert_eq!(proposals[0]["strategies"][0]["name"], "ticket");
    for (state, title) in [("closed", "lower"), ("pending", "lower"), ("active", "%")] {
        assert_eq!(ask(state, title).await.1["data"]["proposals"], json!([]), "{state} {title}");
    }

    let voter = ballot(22, id).address();
    let data = served
        .data(&format!(
            "{{ votes(first: 2, skip: 1, where: {{proposal: \"{id}\", vp_gte: 1, created_gte: {NOW}}}, orderBy: \"vp\") \
             {{ voter proposal {{ id title }} space {{ id }} }} \
             mine: votes(where: {{voter: \"{voter}\"}}) {{ voter created }} \
             vp(voter: \"{voter}\", space: \"{SPACE}\", proposal: \"{id}\") {{ vp vp_by_strategy vp_state }} \
             space(id: \"{SPACE}\") {{ id network admins voting {{ delay period type }} filters {{ onlyMembers }} }} \
             spaces(where: {{id_in: [\"{SPACE}\", \"x.eth\"]}}) {{ id }} \
             messages(first: 1, where: {{type: \"vote\"}}) {{ mci id ipfs type timestamp space sig receipt }} __typename }}"
        ))
        .await;
    assert_eq!(data["votes"].as_array().unwrap().len(), 2);
    assert_eq!(data["votes"][0]["proposal"]["id"], id.to_string());
    assert_eq!(data["mine"], json!([{"voter": voter.to_string(), "created": NOW}]));
    assert_eq!(data["vp"], json!({"vp": 1.0, "vp_by_strategy": [1.0], "vp_state": "final"}));
    assert_eq!(data["space"]["filters"]["onlyMembers"], true);
    assert_eq!(data["spaces"], json!([{"id": SPACE}]));
    assert_eq!(data["messages"][0]["mci"], 5);
    assert_eq!(data["messages"][0]["sig"].as_str().unwrap().len(), 132);
}

#[tokio::test]
async fn hostile_queries_are_refused_before_they_cost_anything() {
    let served = Served::start().await;
    served.opens("basic").await;
    let aliases: String =
        (0..200).map(|n| format!("a{n}: proposals(first: 1000) {{ id body scores }} ")).collect();
    let powers: String = (0..20)
        .map(|n| format!("a{n}: vp(voter: \"{}\", space: \"{SPACE}\") {{ vp }} ", member().address()))
        .collect();
    let spread = "fragment A on Query { ...B } fragment B on Query { ...A } { ...A }".to_owned();
    let deep = format!("{{ votes {}", "{ proposal { space { id } }".repeat(30));
    let directives = format!("{{ spaces {{ id {} }} }}", "@include(if: true) ".repeat(500));
    let table = [
        (format!("{{ {aliases} }}"), "complex"),
        (format!("{{ {powers} }}"), "complex"),
        ("{ votes(first: 1001) { id } }".into(), "`first`"),
        ("{ votes(first: 1, skip: 5001) { id } }".into(), "`skip`"),
        ("{ votes(orderBy: \"voter; DROP TABLE votes\") { id } }".into(), "cannot order by"),
        (spread, ""),
        (deep, ""),
        (directives, ""),
        (format!("{{ {} }}", "a".repeat(90_000)), ""),
        (String::new(), ""),
    ];
    for (query, reason) in table {
        let (status, answer) = served.post("/graphql", json!({ "query": query }).to_string()).await;
        let shown: String = query.chars().take(80).collect();
        assert_eq!(status, 200, "{shown}");
        let error = answer["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("{shown}: {answer}"));
        assert!(error.contains(reason), "{shown}: {error}");
        assert!(answer["data"].as_object().is_none_or(|data| data.values().all(Value::is_null)), "{answer}");
    }
    assert_eq!(served.data("{ __schema { types { name } } }").await, json!({"__schema": null}));
    let (status, _) = served.post("/graphql", "[".repeat(99_000)).await;
    assert_eq!(status, 400);
    let (status, _) = served.post("/graphql", " ".repeat(100_001)).await;
    assert_eq!(status, 413);
    assert!(served.get("/schema.graphql").await.contains("type Query"));
    assert_eq!(served.data("{ spaces { id } }").await["spaces"][0]["id"], SPACE);
}

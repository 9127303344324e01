#![allow(clippy::unwrap_used)]

use samlet_aws::Place;
use samlet_template::{Catalogue, Settings, read};

use super::*;

const TEMPLATE: &str = r#"
Transform: AWS::Serverless-2016-10-31
Description: A shop
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      Cors: "'*'"
      Models:
        Order: {type: object, required: [goods]}
      GatewayResponses:
        THROTTLED: {StatusCode: 420, ResponseTemplates: {application/json: '{"wait":true,"id":"$context.requestId"}'}}
        BAD_REQUEST_PARAMETERS: {ResponseTemplates: {text/plain: 'no, $context.error.message'}}
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: bootstrap
      Runtime: provided.al2023
      Events:
        Add:
          Type: Api
          Properties:
            Path: /orders/{shop}/{rest+}
            Method: POST
            RestApiId: !Ref Api
            RequestModel: {Model: Order, Required: true, ValidateBody: true, ValidateParameters: true}
            RequestParameters: [method.request.querystring.page: {Required: true}]
            Auth: {ApiKeyRequired: true}
  Shops:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: bootstrap
      Runtime: provided.al2023
      Events:
        All: {Type: Api, Properties: {Path: /shops, Method: ANY, RestApiId: !Ref Api}}
        One: {Type: HttpApi, Properties: {Path: /shops, Method: GET}}
"#;

fn application() -> Application {
    let settings = Settings::new(Place::new("us-east-1", "123456789012", "local"));
    read(TEMPLATE, &settings, &Catalogue::new([])).unwrap()
}

fn document(contribution: &str) -> Value {
    let application = application();
    let contribution = Contribution::read(contribution, &application).unwrap();
    openapi(&application, &application.apis[0], &contribution, None)
}

#[test]
fn a_template_alone_says_what_the_gateway_takes_and_answers() {
    let document = document("{}");
    assert_eq!(document["info"]["description"], "A shop");
    let url = "https://{api}.execute-api.{region}.amazonaws.com/live";
    assert_eq!(document["servers"][0]["url"], url);

    let add = &document["paths"]["/orders/{shop}/{rest}"]["post"];
    assert_eq!(add["operationId"], "Orders");
    let names = add["parameters"].as_array().unwrap().iter();
    let names: Vec<&str> = names
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    assert_eq!(names, ["shop", "rest", "page"]);
    let body = &add["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(*body, json!({"$ref": "#/components/schemas/order"}));
    assert_eq!(add["security"], json!([{"ApiKey": []}]));
    assert_eq!(
        add["responses"]["default"]["description"],
        "What the function answers"
    );
}

#[test]
fn the_gateways_answers_are_those_that_the_api_gives() {
    let document = document("{}");
    let add = &document["paths"]["/orders/{shop}/{rest}"]["post"]["responses"];
    let response = |status: &str| {
        let name = add[status]["$ref"].as_str().unwrap();
        &document["components"]["responses"][name.rsplit('/').next().unwrap()]
    };
    let message = |text: &str| {
        json!({
            "type": "object",
            "required": ["message"],
            "properties": {"message": {"const": text}},
        })
    };
    let forbidden = &response("403")["content"]["application/json"]["schema"];
    let both = [
        message("Missing Authentication Token"),
        message("Forbidden"),
    ];
    assert_eq!(*forbidden, json!({"anyOf": both}));
    // Changed by the template: its status, what is in it always, what is in it now.
    let throttled = json!({
        "type": "object",
        "required": ["id", "wait"],
        "properties": {"wait": {"const": true}, "id": {"type": "string"}},
    });
    assert_eq!(
        response("420")["content"]["application/json"]["schema"],
        throttled
    );
    let text = &response("400")["content"]["text/plain"]["schema"];
    assert_eq!(*text, json!({"type": "string"}));
}

#[test]
fn any_stands_for_each_method_and_cors_adds_options() {
    let document = document("{}");
    let shops = document["paths"]["/shops"].as_object().unwrap();
    assert_eq!(shops.len(), ALL_METHODS.len());
    assert_eq!(shops["get"]["operationId"], "Shops-get-shops");
    let preflight = &document["paths"]["/orders/{shop}/{rest}"]["options"];
    let headers = &preflight["responses"]["200"]["headers"];
    assert!(headers["access-control-allow-origin"].is_object());
}

#[test]
fn what_functions_say_of_themselves_stands_beside_it() {
    let document = document(
        r##"{
            "info": {"version": "2"},
            "components": {"schemas": {"Goods": {"type": "object"}}},
            "operations": {"Orders": {
                "summary": "Orders goods",
                "parameters": [{"name": "shop", "in": "path", "required": true, "schema": {"enum": ["a"]}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Goods"}}}},
                "responses": {
                    "201": {"description": "Ordered"},
                    "400": {"description": "No goods", "content": {"application/json": {"schema": {"type": "array"}}}}
                }
            }}
        }"##,
    );
    assert_eq!(document["info"]["version"], "2");
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert_eq!(schemas.keys().collect::<Vec<_>>(), ["Goods", "order"]);
    let add = &document["paths"]["/orders/{shop}/{rest}"]["post"];
    assert_eq!(add["summary"], "Orders goods");
    assert_eq!(add["parameters"][0]["schema"], json!({"enum": ["a"]}));
    let both = &add["requestBody"]["content"]["application/json"]["schema"]["allOf"];
    assert_eq!(both.as_array().unwrap().len(), 2);
    let responses = &add["responses"];
    assert_eq!(responses["201"], json!({"description": "Ordered"}));
    assert!(responses.get("default").is_none());
    let bad = &responses["400"];
    assert!(
        bad["description"]
            .as_str()
            .unwrap()
            .starts_with("No goods; ")
    );
    let either = &bad["content"]["application/json"]["schema"]["anyOf"];
    assert_eq!(either[0], json!({"type": "array"}));
}

#[test]
fn an_http_api_answers_in_its_own_words() {
    let application = application();
    let of_http = |api: &&Api| api.kind == ApiKind::Http;
    let api = application.apis.iter().find(of_http).unwrap();
    let url = Some("http://127.0.0.1:1");
    let document = openapi(&application, api, &Contribution::default(), url);
    assert_eq!(document["servers"], json!([{"url": "http://127.0.0.1:1"}]));
    let responses = &document["paths"]["/shops"]["get"]["responses"];
    let statuses: Vec<&String> = responses.as_object().unwrap().keys().collect();
    assert_eq!(statuses, ["404", "429", "431", "500", "503", "default"]);
}

#[test]
fn a_file_about_other_functions_is_refused() {
    let told = |text: &str| {
        Contribution::read(text, &application())
            .unwrap_err()
            .to_string()
    };
    assert!(told(r#"{"operations": {"Ordres": {}}}"#).contains("Ordres"));
    assert!(told(r#"{"paths": {}}"#).contains("paths"));
}

// Browses a table's items page by page, and opens the dialogs that change them.

import { api } from "./api.js";
import { attributes, blankItem, keyOf, plain } from "./dynamodb.js";
import { counted } from "./format.js";
import { Component, html } from "./html.js";
import { ItemDeletion, ItemEditor } from "./item-editor.js";
import { announce, Empty, keepFocus, Notice, Outcome } from "./parts.js";
import { fragment } from "./route.js";
import { store } from "./store.js";

const PAGE = 50;

export class Tables extends Component {
  // `starts` holds where each page begins, so that one can go back.
  state = { key: "", typed: "", starts: [null], page: null, dialog: null };

  componentDidMount() {
    this.load();
  }

  get table() {
    const { tables } = store.application;
    return this.props.id ? tables.find((each) => each.id === this.props.id) : tables[0];
  }

  async load() {
    if (!this.table) return;
    const { key, starts } = this.state;
    const start = starts.at(-1);
    try {
      const page = await api.items(this.table.id, { limit: PAGE, key, start: start && JSON.stringify(start) });
      this.setState({ page, error: null });
    } catch (error) {
      this.setState({ error, page: null });
      announce(error.message);
    }
  }

  turn(starts) {
    this.setState({ starts, outcome: null }, async () => {
      await this.load();
      announce(`Page ${starts.length}, ${counted(this.state.page?.items.length ?? 0, "item")}`);
    });
  }

  find = (event) => {
    event.preventDefault();
    this.setState({ key: this.state.typed }, () => this.turn([null]));
  };

  clear = () => this.setState({ key: "", typed: "" }, () => this.turn([null]));

  done = (text) => {
    this.setState({ dialog: null, outcome: { text } });
    announce(text);
    this.load().then(keepFocus);
  };

  close = () => this.setState({ dialog: null });

  render(_, { typed, key, starts, page, error, dialog, outcome }) {
    const { tables, dynamodb_endpoint_url: elsewhere } = store.application;
    if (!tables.length) {
      return html`<h1 tabindex="-1">Tables</h1><${Empty} title="This application declares no table.">
        <p>A resource of type <code>AWS::DynamoDB::Table</code> in <code>${store.application.template}</code> appears here.</p><//>`;
    }
    const { table } = this;
    if (!table) return html`<h1 tabindex="-1">Tables</h1><${Notice} kind="warn">There is no table ${this.props.id}.<//><p><a href="#/tables">All tables</a></p>`;
    return html`
      <div class="head"><h1 tabindex="-1">Tables</h1></div>
      ${elsewhere && html`<${Notice} kind="warn" testid="elsewhere"><strong>The functions use another DynamoDB</strong> at <code>${elsewhere}</code>. The tables here are samlet's own, not theirs.<//>`}
      <${Choice} tables=${tables} table=${table} />
      <form class="filters" onSubmit=${this.find} role="search" aria-label="Find items">
        <label class="field grow" for="key"><span>Partition key <code>${table.key[0].name}</code> (${table.key[0].type}) is</span>
          <input id="key" data-testid="filter-key" value=${typed} autocomplete="off" onInput=${(event) => this.setState({ typed: event.target.value })} /></label>
        <button type="submit" data-testid="find">Find</button>
        ${key && html`<button type="button" data-testid="clear-key" onClick=${this.clear}>Show all</button>`}
        <button type="button" data-testid="refresh" onClick=${() => this.load()}>Refresh</button>
        <button type="button" class="primary" data-testid="new-item" onClick=${() => this.setState({ dialog: { kind: "new", item: blankItem(table.key) } })}>New item</button>
        <${Outcome} outcome=${outcome} />
      </form>
      ${error && html`<${Notice} kind="warn" testid="table-error">${error.message}<//>`}
      ${page && page.items.length === 0 && html`<${Empty} title=${key ? "No item has this partition key." : "No items here."} />`}
      ${page && page.items.length > 0 && html`<${Items} table=${table} items=${page.items} open=${(kind, item) => this.setState({ dialog: { kind, item } })} />`}
      ${page && (starts.length > 1 || page.next) && html`<nav class="pages" aria-label="Pages">
        <button type="button" data-testid="previous-page" disabled=${starts.length === 1} onClick=${() => this.turn(starts.slice(0, -1))}>Previous</button>
        <span>Page ${starts.length}</span>
        <button type="button" data-testid="next-page" disabled=${!page.next} onClick=${() => this.turn([...starts, page.next])}>Next</button>
      </nav>`}
      ${dialog?.kind === "delete" && html`<${ItemDeletion} table=${table} item=${dialog.item} onDone=${this.done} onClose=${this.close} />`}
      ${dialog && dialog.kind !== "delete" && html`<${ItemEditor} table=${table} item=${dialog.item} isNew=${dialog.kind === "new"} onDone=${this.done} onClose=${this.close} />`}
    `;
  }
}

function Choice({ tables, table }) {
  return html`<nav class="choice" aria-label="Tables">
    ${tables.map((each) => html`<a key=${each.id} href=${fragment("tables", each.id)} data-testid="table" data-id=${each.id} aria-current=${each === table ? "true" : null}>${each.id}</a>`)}
  </nav>`;
}

function Items({ table, items, open }) {
  const names = attributes(items, table.key);
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Items">
    <table class="items" data-testid="items">
      <caption class="visually-hidden">Items of ${table.id}</caption>
      <thead><tr>${names.map((name) => html`<th key=${name} scope="col">${name}</th>`)}<th scope="col">Change</th></tr></thead>
      <tbody>${items.map((item) => {
        const key = JSON.stringify(keyOf(item, table.key));
        return html`<tr key=${key} data-testid="item" data-key=${key}>
          ${names.map((name) => html`<td key=${name}>${name in item && html`<span class="cell" title=${Object.keys(item[name])[0]}>${plain(item[name])}</span>`}</td>`)}
          <td class="change">
            <button type="button" class="small" data-testid="edit-item" aria-label=${`Edit ${key}`} onClick=${() => open("edit", item)}>Edit</button>
            <button type="button" class="small" data-testid="delete-item" aria-label=${`Delete ${key}`} onClick=${() => open("delete", item)}>Delete</button>
          </td>
        </tr>`;
      })}</tbody>
    </table>
  </div>`;
}

// Dialogs that change a table's items: one edits or makes an item, one deletes it.

import { api } from "./api.js";
import { keyOf, problems } from "./dynamodb.js";
import { Component, html } from "./html.js";
import { announce, Dialog } from "./parts.js";

export class ItemEditor extends Component {
  constructor({ item }) {
    super();
    this.state = { text: JSON.stringify(item, null, 2), problems: [] };
  }

  check() {
    const { table, item, isNew } = this.props;
    const found = problems(this.state.text, table.key);
    if (found.length || isNew) return found;
    const same = JSON.stringify(keyOf(JSON.parse(this.state.text), table.key)) === JSON.stringify(keyOf(item, table.key));
    return same ? [] : ["The key of an item can't change; make a new item instead."];
  }

  save = async (event) => {
    event.preventDefault();
    const found = this.check();
    if (found.length) return this.refuse(found);
    this.setState({ busy: true });
    try {
      const { table, isNew, onDone } = this.props;
      await api.putItem(table.id, this.state.text, isNew);
      onDone(isNew ? "The item was made." : "The item was stored.");
    } catch (error) {
      const taken = error.status === 409 ? "There is an item with this key already." : error.message;
      this.refuse([taken]);
    }
  };

  refuse(found) {
    this.setState({ problems: found, busy: false });
    announce(`Not stored: ${found.join(" ")}`);
  }

  render({ table, isNew, onClose }, { text, problems: found, busy }) {
    return html`<${Dialog} title=${`${isNew ? "New item in" : "Edit an item of"} ${table.id}`} wide testid="item-dialog" onClose=${onClose}>
      <form onSubmit=${this.save}>
        <label for="item-text">Item, in DynamoDB's JSON</label>
        <textarea id="item-text" data-testid="item-text" rows="14" spellcheck="false" autocomplete="off" value=${text}
          aria-invalid=${found.length > 0} aria-describedby="item-problems"
          onInput=${(event) => this.setState({ text: event.target.value, problems: [] })}></textarea>
        <ul id="item-problems" class="problems" data-testid="item-problems">${found.map((problem) => html`<li key=${problem}><span aria-hidden="true">✕ </span>${problem}</li>`)}</ul>
        <div class="actions">
          <button type="submit" class="primary" data-testid="save-item" disabled=${busy}>${isNew ? "Make item" : "Store item"}</button>
          <button type="button" data-testid="cancel" onClick=${onClose}>Cancel</button>
        </div>
      </form>
    <//>`;
  }
}

export class ItemDeletion extends Component {
  remove = async () => {
    const { table, item, onDone } = this.props;
    this.setState({ busy: true });
    try {
      await api.deleteItem(table.id, keyOf(item, table.key));
      onDone("The item was deleted.");
    } catch (error) {
      this.setState({ error, busy: false });
      announce(`Not deleted: ${error.message}`);
    }
  };

  render({ table, item, onClose }, { error, busy }) {
    return html`<${Dialog} title="Delete this item?" testid="delete-dialog" onClose=${onClose}>
      <pre tabindex="0" role="group" aria-label="Key of the item">${JSON.stringify(keyOf(item, table.key), null, 2)}</pre>
      <p>It is deleted from <strong>${table.id}</strong> at once, and can't be brought back.</p>
      ${error && html`<p class="bad-text"><span aria-hidden="true">✕ </span>${error.message}</p>`}
      <div class="actions">
        <button type="button" class="danger" data-testid="confirm-delete" disabled=${busy} onClick=${this.remove}>Delete</button>
        <button type="button" data-testid="cancel" onClick=${onClose}>Cancel</button>
      </div>
    <//>`;
  }
}

// Places the picture of an application: routes, functions and tables in three columns, and the lines between.

const ROUTE = 38;
const FUNCTION = 84;
const TABLE = 58;
const GAP = 14;
const ROUTE_GAP = 8;
// A table is no further below the first function that uses it, so that both are in sight.
const FAR = 260;

/** Where each node's top is and each line's ends are, in pixels; `height` is the whole picture's. */
export function layout({ apis, functions, tables }) {
  const routes = apis.flatMap((api) =>
    api.routes.map((route) => ({ ...route, api: api.id, key: `${api.id} ${route.method} ${route.path}` })),
  );
  let top = 0;
  const placedRoutes = [];
  const placedFunctions = [];
  for (const each of functions) {
    const own = routes.filter((route) => route.function === each.id);
    const block = Math.max(FUNCTION, stackHeight(own.length));
    placedFunctions.push({ ...each, top: top + (block - FUNCTION) / 2, height: FUNCTION });
    placedRoutes.push(...stack(own, top + (block - stackHeight(own.length)) / 2));
    top += block + GAP;
  }
  const known = new Set(functions.map((each) => each.id));
  const elsewhere = routes.filter((route) => !known.has(route.function));
  placedRoutes.push(...stack(elsewhere, top));
  if (elsewhere.length) top += stackHeight(elsewhere.length) + GAP;

  const placedTables = placeTables(tables, placedFunctions);
  const bottom = placedTables.at(-1);
  const height = Math.max(top - GAP, bottom ? bottom.top + TABLE : 0, 0);
  return {
    height,
    routes: placedRoutes,
    functions: placedFunctions,
    tables: placedTables,
    routeLines: routeLines(placedRoutes, placedFunctions),
    tableLines: tableLines(placedFunctions, placedTables),
  };
}

function stackHeight(count) {
  return Math.max(count * (ROUTE + ROUTE_GAP) - ROUTE_GAP, 0);
}

function stack(routes, top) {
  return routes.map((route, index) => ({ ...route, top: top + index * (ROUTE + ROUTE_GAP), height: ROUTE }));
}

/** Each table beside the middle of the functions that use it, pushed down where another is. */
function placeTables(tables, functions) {
  const wished = tables.map((table) => {
    const users = functions.filter((each) => each.tables.some((use) => use.table === table.id));
    const middles = users.map(middle);
    const mean = middles.reduce((sum, each) => sum + each, 0) / (middles.length || 1);
    const wish = Math.min(mean, (middles[0] ?? 0) + FAR);
    return { ...table, top: Math.max(wish - TABLE / 2, 0), height: TABLE };
  });
  wished.sort((a, b) => a.top - b.top);
  let free = 0;
  for (const table of wished) {
    table.top = Math.max(table.top, free);
    free = table.top + TABLE + GAP;
  }
  return wished;
}

function middle(node) {
  return node.top + node.height / 2;
}

function routeLines(routes, functions) {
  const lines = [];
  for (const route of routes) {
    const target = functions.find((each) => each.id === route.function);
    if (target) lines.push({ key: route.key, from: middle(route), to: middle(target), function: target.id });
  }
  return lines;
}

/** Lines leave a function one below the other, so that their labels don't cover each other. */
function tableLines(functions, tables) {
  const lines = [];
  for (const each of functions) {
    const uses = each.tables.filter((use) => tables.some((table) => table.id === use.table));
    uses.forEach((use, index) => {
      const target = tables.find((table) => table.id === use.table);
      const from = each.top + (each.height * (index + 1)) / (uses.length + 1);
      lines.push({ key: `${each.id} ${use.table}`, from, to: middle(target), function: each.id, actions: use.actions });
    });
  }
  return lines;
}


"use strict";
(() => {
  // Everything in DATA is a stranger's text. It gets into the page through textContent only.
  const DATA = JSON.parse(document.getElementById("data").textContent);
  const MARK = /\x01(\w+)\x01/g;
  const PRINTED = 500; // rows on paper
  const OPTIONS = 200; // choices of a filter
  const EDGE = 6; // rows above and below those that are seen
  const LINK = /^https?:\/\/[!-.0-?A-~]+(\/[!-~]*)?$/;

  // Of a page that says what was verified: the checks, with an outcome and a sentence for each row.
  const CHECKS = DATA.checks || null;
  const SIGNS = { pass: "✓", fail: "✕", unavailable: "?", "not-applicable": "–" };

  const $ = id => document.getElementById(id);
  const table = $("rows"), body = table.tBodies[0], search = $("search"), dialog = $("detail");

  // ---- Rows: columns of texts, where a text may be a pattern of other columns' texts.

  const plain = (key, row) => {
    const column = DATA.columns[key];
    if (!column) return null;
    return column.texts ? column.texts[column.rows[row]] : column[row];
  };
  const patterns = new Set(DATA.patterns);
  const value = (key, row) => {
    const text = plain(key, row);
    if (!text || !patterns.has(key)) return text;
    return text.replace(MARK, (_, other) => value(other, row) || "");
  };
  const day = row => {
    const time = DATA.columns.timestamp[row];
    return time === null ? null : new Date(time).toISOString().slice(0, 10);
  };
  const problems = row => [DATA.problems.rows[row]].flat().map(number => DATA.problems.texts[number]);
  const facet = (key, row) => [].concat(DATA.facets[key].rows[row]).map(n => DATA.facets[key].texts[n]);
  const label = (key, text) => {
    const { texts, labels } = DATA.facets[key];
    if (text === "-") return key === "problem" ? "none" : "not said";
    return labels ? labels[texts.indexOf(text)] : text;
  };
  const state = row => facet("state", row)[0];
  const outcome = (check, row) => check.words[check.rows[row]] || null;

  // ---- Order. Versions are compared as conda does: epoch, then parts, numbers above letters.

  // A part is a number, or a list of numbers and words. What is missing counts as 0, "dev" is before
  // all and "post" after all: 1.0dev < 1.0a < 1.0 < 1.0.0post < 1.0.1.
  const part = text => {
    if (/^\d+$/.test(text)) return Number(text);
    const pieces = (/^\D/.test(text) ? "0" + text : text).match(/\d+|\D+/g);
    return pieces.map(piece => piece === "dev" ? -Infinity : piece === "post" ? Infinity
      : /^\d/.test(piece) ? Number(piece) : piece);
  };
  const parts = text => {
    // An underscore at the end belongs to the last part: openssl's 1.0.1_ is before 1.0.1a.
    const [, start, end] = /^(.*?)(_*)$/s.exec(text);
    const split = start.split(/[._-]/).filter(Boolean);
    if (end && split.length) split[split.length - 1] += end;
    return split.map(part);
  };
  const versionKey = text => {
    const [, epoch, rest] = /^(?:(\d+)!)?(.*)$/s.exec(text.toLowerCase());
    const [version, ...local] = rest.split("+");
    return [Number(epoch || 0), parts(version), parts(local.join("."))];
  };
  const comparePieces = (a, b) => {
    if (a === b) return 0;
    if (typeof a === typeof b) return a < b ? -1 : 1;
    return typeof a === "string" ? (b === -Infinity ? 1 : -1) : (a === -Infinity ? -1 : 1);
  };
  const compareParts = (one, other) => {
    for (let i = 0; i < Math.max(one.length, other.length); i++) {
      const a = one[i] || 0, b = other[i] || 0;
      if (a === b) continue;
      if (typeof a === "number" && typeof b === "number") return a - b;
      const [many, more] = [[].concat(a), [].concat(b)];
      for (let j = 0; j < Math.max(many.length, more.length); j++) {
        const order = comparePieces(many[j] || 0, more[j] || 0);
        if (order) return order;
      }
    }
    return 0;
  };
  const compareVersions = (a, b) =>
    a[0] - b[0] || compareParts(a[1], b[1]) || compareParts(a[2], b[2]);
  const compare = (a, b) => a < b ? -1 : a > b ? 1 : 0;

  const repository = row => {
    const address = value("remote_url", row);
    return address && address.replace(/^https?:\/\//, "").replace(/\.git$/, "");
  };
  const lower = read => row => { const text = read(row); return text ? text.toLowerCase() : null; };
  const CLAIMED = [
    { key: "repository", label: "Repository", of: lower(repository) },
    { key: "sha", label: "Commit" },
    { key: "run", label: "CI run", of: lower(row => value("flow_run_id", row) || value("run_url", row)) },
    { key: "date", label: "Built", of: row => DATA.columns.timestamp[row] },
    { key: "problems", label: "Problems", of: row => problems(row).map(each => each[0]).join() || null },
  ];
  const COLUMNS = [
    { key: "name", label: "Package", of: lower(row => value("name", row) || value("package", row)) },
    { key: "version", label: "Version", of: row => value("version", row) || null, prepare: versionKey, compare: compareVersions },
    { key: "subdir", label: "Subdir", of: row => value("subdir", row) },
    { key: "state", label: DATA.facets.state.label, of: row => DATA.states.indexOf(state(row)) },
    ...(CHECKS ? CHECKS.map(check => ({
      key: "check-" + check.id, label: check.id, kind: "check",
      of: row => outcome(check, row) === null ? null : check.order.indexOf(outcome(check, row)),
    })) : CLAIMED),
  ];

  // The rank of every row in a column, made when it is first sorted by. What is not said is last.
  const ranksOf = column => {
    if (column.ranks) return column.ranks;
    const values = Array.from({ length: DATA.size }, (_, row) => column.of(row));
    const prepare = column.prepare || (each => each), compared = column.compare || compare;
    const keys = [...new Set(values)].filter(each => each !== null).map(each => [each, prepare(each)]);
    keys.sort((a, b) => compared(a[1], b[1]));
    const ranks = new Map();
    let rank = -1;
    keys.forEach(([text, key], i) => {
      if (!i || compared(keys[i - 1][1], key)) rank++;
      ranks.set(text, rank);
    });
    column.ranks = Float64Array.from(values, each => each === null ? -1 : ranks.get(each));
    return column.ranks;
  };
  const sortedRows = ({ key, down }) => {
    const all = new Float64Array(DATA.size);
    const column = COLUMNS.find(each => each.key === key);
    const ranks = column && ranksOf(column);
    for (let row = 0; row < DATA.size; row++) {
      const rank = !column ? 0 : ranks[row] < 0 ? DATA.size : down ? DATA.size - 1 - ranks[row] : ranks[row];
      all[row] = rank * DATA.size + row;
    }
    if (column) all.sort();
    return Uint32Array.from(all, each => each % DATA.size);
  };

  // ---- The view: what is searched, filtered, sorted and open. It stands in the page's address.

  const view = { words: "", filters: {}, sort: { key: "", down: false } };
  let order = [], shown = [], opened = -1, active = 0;

  const readView = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    view.words = asked.get("q") || "";
    view.filters = {};
    for (const key of Object.keys(DATA.facets)) if (asked.has(key)) view.filters[key] = asked.get(key);
    const sort = asked.get("sort") || "";
    const key = sort.replace(/^-/, "");
    const known = COLUMNS.some(each => each.of && each.key === key);
    view.sort = { key: known ? key : "", down: known && sort.startsWith("-") };
    return asked.get("package");
  };
  const writeView = () => {
    const asked = new URLSearchParams();
    if (view.words) asked.set("q", view.words);
    for (const [key, text] of Object.entries(view.filters)) asked.set(key, text);
    if (view.sort.key) asked.set("sort", (view.sort.down ? "-" : "") + view.sort.key);
    if (opened >= 0) asked.set("package", value("package", opened) || "");
    const hash = asked.toString();
    if (hash === location.hash.slice(1)) return;
    try {
      history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
    } catch {
      // Some browsers refuse it within a frame, or many times a second. The address stays behind.
    }
  };

  let texts = null;
  const searched = () => texts || (texts = Array.from({ length: DATA.size }, (_, row) => [
    value("package", row), value("name", row), value("version", row), value("build", row),
    value("remote_url", row), value("sha", row), value("flow_run_id", row), value("flow_run_url", row),
    value("error", row), ...problems(row).map(each => each[0]), state(row), value("message", row),
  ].join("\n").toLowerCase()));

  // Filters the rows, and counts for every choice how many rows it would leave.
  const filter = () => {
    const words = view.words.toLowerCase().split(/\s+/).filter(Boolean);
    const haystack = words.length ? searched() : null;
    const keys = Object.keys(DATA.facets);
    const wanted = keys.map(key => key in view.filters ? DATA.facets[key].texts.indexOf(view.filters[key]) : null);
    const rows = keys.map(key => DATA.facets[key].rows);
    const counts = keys.map(key => new Uint32Array(DATA.facets[key].texts.length));
    const kept = [];
    for (const row of order) {
      if (haystack && !words.every(word => haystack[row].includes(word))) continue;
      let failed = -1, failures = 0;
      for (let i = 0; i < keys.length; i++) {
        if (wanted[i] === null) continue;
        const has = rows[i][row];
        if (has === wanted[i] || (Array.isArray(has) && has.includes(wanted[i]))) continue;
        failed = i;
        failures++;
      }
      if (failures > 1) continue;
      if (!failures) kept.push(row);
      for (let i = 0; i < keys.length; i++) {
        if (failures && failed !== i) continue;
        const has = rows[i][row];
        if (Array.isArray(has)) for (const each of has) counts[i][each]++;
        else counts[i][has]++;
      }
    }
    shown = kept;
    keys.forEach((key, i) => fillChoices(key, counts[i]));
  };

  // ---- Drawing

  const make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, text] of Object.entries(properties)) {
      if (name in element) element[name] = text; else element.setAttribute(name, text);
    }
    element.append(...children);
    return element;
  };
  const SVG = "http://www.w3.org/2000/svg";
  const swatch = name => {
    const svg = document.createElementNS(SVG, "svg"), rect = document.createElementNS(SVG, "rect");
    for (const [key, text] of [["class", "swatch"], ["aria-hidden", "true"], ["width", 14], ["height", 14]]) {
      svg.setAttribute(key, text);
    }
    for (const [key, text] of [["class", "fill-" + name], ["x", .5], ["y", .5], ["width", 13], ["height", 13], ["rx", 2]]) {
      rect.setAttribute(key, text);
    }
    svg.append(rect);
    return svg;
  };
  // A link, if the address is an http(s) one; else its text.
  const link = (address, text, properties = {}) => {
    const safe = address && LINK.test(address);
    return safe
      ? make("a", { href: address, rel: "noopener noreferrer", target: "_blank", textContent: text, ...properties })
      : make("span", { textContent: text });
  };

  const cell = (key, ...children) => {
    const empty = !children.some(each => each !== null && each !== "");
    const known = children.filter(each => each !== null);
    const td = make(key === "name" ? "th" : "td", { className: "c-" + key }, ...(empty ? ["–"] : known));
    td.setAttribute("role", key === "name" ? "rowheader" : "cell");
    if (key === "name") td.scope = "row";
    if (empty) td.classList.add("nothing");
    return td;
  };
  // A sign and a word: neither the colour nor the shape alone says how a check ended.
  const mark = word => make("span", { className: "mark of-" + word },
    make("span", { className: "sign", "aria-hidden": "true", textContent: SIGNS[word] || "?" }),
    make("span", { className: "word", textContent: word }));
  const checkCells = row => CHECKS.map(check => {
    const word = outcome(check, row);
    const td = cell("check", word ? mark(word) : null);
    td.title = word ? `${check.id}: ${value(check.message, row)}` : "";
    return td;
  });
  const claimedCells = (row, reach) => {
    const sha = value("sha", row), run = value("flow_run_id", row), runUrl = value("run_url", row);
    const codes = problems(row).map(each => each[0]), ci = facet("provider", row)[0];
    const address = repository(row), remote = value("remote_url", row);
    return [
      cell("repository", address ? link(remote, address, { title: remote, ...reach }) : null),
      cell("sha", sha ? link(value("commit_url", row), sha.slice(0, 10), { className: "code", title: sha, ...reach }) : null),
      cell("run", run || runUrl ? link(runUrl, ci === "-" ? run || "run" : ci, { title: run || runUrl, ...reach }) : null),
      cell("date", day(row)),
      cell("problems", codes.length ? make("span", { className: "problem", title: codes.join(", "), textContent: codes.join(", ") }) : null),
    ];
  };
  const drawRow = at => {
    const row = shown[at], name = value("name", row) || value("package", row) || "(no name)";
    const reach = { tabIndex: at === active ? 0 : -1 };
    const button = make("button", { type: "button", className: "name", textContent: name, title: name, ...reach });
    const first = cell("name", button);
    first.dataset.version = value("version", row) || "";
    const tr = make("tr", { role: "row" },
      first,
      cell("version", value("version", row)),
      cell("subdir", value("subdir", row)),
      cell("state", swatch(state(row)), make("span", { className: "of-" + state(row), textContent: label("state", state(row)) })),
      ...(CHECKS ? checkCells(row) : claimedCells(row, reach)),
    );
    tr.setAttribute("aria-rowindex", at + 2);
    tr.dataset.at = at;
    return tr;
  };

  const pad = () => make("tr", { className: "pad", role: "presentation" }, make("td"));
  const above = pad(), below = pad();
  above.setAttribute("aria-hidden", "true");
  below.setAttribute("aria-hidden", "true");
  let from = 0, to = 0, height = 40, printing = false;

  const top = () => above.getBoundingClientRect().top + scrollY;
  const draw = fresh => {
    let first = 0, last = Math.min(PRINTED, shown.length);
    if (!printing) {
      first = Math.max(0, Math.min(shown.length, Math.floor((scrollY - top()) / height) - EDGE));
      last = Math.min(shown.length, first + Math.ceil(innerHeight / height) + 2 * EDGE);
    }
    if (!fresh && first === from && last === to) return;

    const old = new Map(fresh ? [] : [...body.rows].filter(tr => tr.dataset.at).map(tr => [Number(tr.dataset.at), tr]));
    const focused = body.contains(document.activeElement) && document.activeElement.closest("tr");
    [from, to] = [first, last];
    for (const [at, tr] of old) if (at < from || at >= to) tr.remove();
    if (fresh) body.replaceChildren(above, below);
    let before = above;
    for (let at = from; at < to; at++) {
      const tr = old.get(at) || drawRow(at);
      if (before.nextSibling !== tr) before.after(tr);
      before = tr;
    }
    above.firstChild.style.height = from * height + "px";
    below.firstChild.style.height = (shown.length - to) * height + "px";
    // The focused row was scrolled away: the table keeps the focus, so that arrow keys go on.
    if (focused && !body.contains(focused)) body.focus({ preventScroll: true });
  };
  const measure = () => {
    const tr = body.querySelector("tr[data-at]");
    const now = tr ? tr.getBoundingClientRect().height : height;
    if (now && Math.abs(now - height) > .01) {
      height = now;
      draw(true);
    }
  };

  const rowAt = at => body.querySelector(`tr[data-at="${at}"]`);
  const setActive = at => {
    for (const [index, tabIndex] of [[active, -1], [at, 0]]) {
      const tr = rowAt(index);
      if (tr) for (const each of tr.querySelectorAll("a, button")) each.tabIndex = tabIndex;
    }
    active = at;
  };
  const goTo = at => {
    if (!shown.length) return;
    setActive(Math.max(0, Math.min(shown.length - 1, at)));
    const head = table.tHead.rows[0].getBoundingClientRect().height;
    const y = top() + active * height;
    if (y - head < scrollY) scrollTo({ top: y - head, behavior: "instant" });
    else if (y + height > scrollY + innerHeight) scrollTo({ top: y + height - innerHeight, behavior: "instant" });
    draw();
    const tr = rowAt(active);
    if (tr) tr.querySelector("button").focus({ preventScroll: true });
  };

  // ---- Controls

  const heads = new Map();
  const makeHead = () => {
    const tr = make("tr", { role: "row" });
    tr.setAttribute("aria-rowindex", 1);
    const choices = $("sorting");
    choices.append(make("option", { value: "", textContent: "Worst first" }));
    for (const column of COLUMNS) {
      const th = make("th", { scope: "col", className: "c-" + (column.kind || column.key) });
      th.setAttribute("role", "columnheader");
      if (column.of) {
        const button = make("button", { type: "button", textContent: column.label });
        button.addEventListener("click", () => sortBy(column.key));
        th.append(button);
        for (const [sign, word] of [["", "ascending"], ["-", "descending"]]) {
          choices.append(make("option", { value: sign + column.key, textContent: `${column.label}, ${word}` }));
        }
      } else th.textContent = column.label;
      heads.set(column.key, th);
      tr.append(th);
    }
    table.tHead.append(tr);
    table.setAttribute("role", "table");
    body.tabIndex = -1;
  };
  const sortBy = key => {
    // Up, down, and back to the order of the page: the worst first.
    const again = view.sort.key === key;
    view.sort = again && view.sort.down ? { key: "", down: false } : { key, down: again };
    update(true);
  };

  const choosers = new Map();
  const makeFilters = () => {
    for (const [key, { label: title, texts }] of Object.entries(DATA.facets)) {
      if (texts.length < 2) continue;
      const select = make("select", { name: key });
      select.addEventListener("change", () => {
        choose(key, select.selectedIndex ? select.value : null);
      });
      choosers.set(key, select);
      $("filters").append(make("label", {}, make("span", { textContent: title }), select));
    }
  };
  const choose = (key, text) => {
    if (text === null) delete view.filters[key]; else view.filters[key] = text;
    update();
  };
  const fillChoices = (key, counts) => {
    const select = choosers.get(key);
    if (!select) return;
    const { texts } = DATA.facets[key], chosen = view.filters[key];
    let numbers = [...counts.keys()].filter(i => counts[i] || texts[i] === chosen);
    if (key === "year") numbers.sort((a, b) => compare(texts[b], texts[a]));
    else numbers.sort((a, b) => counts[b] - counts[a] || compare(texts[a], texts[b]));
    const more = numbers.length - OPTIONS;
    numbers = numbers.filter((number, i) => i < OPTIONS || texts[number] === chosen);
    const options = numbers.map(i => make("option", {
      value: texts[i],
      // The marks keep letters that run from right to left away from the count.
      textContent: `\u2068${label(key, texts[i])}\u2069 (${counts[i].toLocaleString("en")})`,
      selected: texts[i] === chosen,
    }));
    if (chosen !== undefined && !texts.includes(chosen)) {
      options.push(make("option", { value: chosen, textContent: "\u2068" + chosen.slice(0, 80) + "\u2069 (0)", selected: true }));
    }
    if (more > 0) options.push(make("option", { disabled: true, textContent: `… ${more} more: use the search` }));
    select.replaceChildren(make("option", { value: "", textContent: "all" }), ...options);
  };

  const update = (sorted = false) => {
    if (sorted) order = sortedRows(view.sort);
    filter();
    active = 0;
    if (search.value !== view.words) search.value = view.words;
    for (const [key, th] of heads) {
      if (key === view.sort.key) th.setAttribute("aria-sort", view.sort.down ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    }
    $("sorting").value = (view.sort.down ? "-" : "") + view.sort.key;
    const count = shown.length.toLocaleString("en"), all = DATA.size.toLocaleString("en");
    const packages = DATA.size === 1 ? "package" : "packages";
    $("count").textContent = shown.length === DATA.size ? `${all} ${packages}` : `${count} of ${all} ${packages}`;
    $("none").hidden = shown.length > 0 || !DATA.size;
    $("keys").hidden = !shown.length;
    $("clear").hidden = !view.words && !view.sort.key && !Object.keys(view.filters).length;
    table.hidden = !shown.length;
    table.setAttribute("aria-rowcount", shown.length + 1);
    // Rows that are far down are gone when fewer are left: the table's first row must be in sight.
    if (top() < scrollY) scrollTo({ top: table.getBoundingClientRect().top + scrollY, behavior: "instant" });
    draw(true);
    writeView();
  };
  const clear = () => {
    view.words = "";
    view.filters = {};
    view.sort = { key: "", down: false };
    update(true);
    search.focus();
  };

  // ---- All that a package says

  const entry = (term, ...content) => {
    const dd = make("dd", {}, ...content.filter(each => each !== null && each !== ""));
    if (!dd.childNodes.length) {
      dd.textContent = "not said";
      dd.className = "nothing";
    }
    return make("div", {}, make("dt", { textContent: term }), dd);
  };
  const linked = (address, text) => text ? link(address, text) : null;
  const coded = (address, text) => text ? link(address, text, { className: "code" }) : null;

  const checked = row => CHECKS ? [
    make("h3", { textContent: "What was checked" }),
    make("p", { className: "verdict" }, make("bdi", { textContent: value("message", row) || "" })),
    make("dl", { className: "checks" }, ...CHECKS.filter(check => outcome(check, row)).map(check =>
      entry(check.id, mark(outcome(check, row)), make("bdi", { textContent: value(check.message, row) || "" })))),
  ] : [];
  const drawDetail = row => {
    const name = value("name", row) || value("package", row) || "(no name)";
    const at = shown.indexOf(row), list = problems(row), error = value("error", row);
    const go = (text, step) => {
      const button = make("button", { type: "button", textContent: text, disabled: at < 0 || !(at + step in shown) });
      button.addEventListener("click", () => {
        open(shown[at + step]);
        const again = [...dialog.querySelectorAll("nav button")].find(each => each.textContent === text);
        if (again.disabled) dialog.querySelector(".close").focus(); else again.focus();
      });
      return button;
    };
    const close = make("button", { type: "button", textContent: "Close", className: "close" });
    close.addEventListener("click", () => dialog.close());

    const runUrl = value("run_url", row), runId = value("flow_run_id", row);
    const time = DATA.columns.timestamp[row], sha256 = value("sha256", row), by = value("sha256_from", row);
    const trust = { file: "computed from the file", record: "by the record, not checked", index: "by the index, not checked" };
    const content = make("div", {},
      make("nav", { "aria-label": "Packages" }, go("Previous", -1), go("Next", 1), close),
      make("h2", { id: "detail-name" }, make("bdi", { textContent: `${name} ${value("version", row) || ""}` })),
      make("p", { className: "state" }, swatch(state(row)), make("strong", { textContent: label("state", state(row)) }), ": " + DATA.meanings[state(row)]),
    );
    if (list.length || error) {
      content.append(make("h3", { textContent: list.length > 1 ? "Problems" : error ? "Why" : "Problem" }), make("ul", {},
        ...list.map(([code, message]) => make("li", {}, make("bdi", { textContent: message }), " ", make("code", { textContent: code }))),
        ...(error ? [make("li", {}, make("bdi", { textContent: error }))] : []),
      ));
    }
    content.append(
      ...checked(row),
      make("h3", { textContent: CHECKS ? "Claimed by the package" : "What it says about its origin" }),
      make("dl", {},
        entry("Repository", linked(value("remote_url", row), value("remote_url", row))),
        entry("Commit", coded(value("commit_url", row), value("sha", row))),
        entry("CI run", linked(runUrl, runId || runUrl)),
        ...(runUrl && runId ? [entry("Page of the run", linked(runUrl, runUrl))] : []),
      ),
      make("h3", { textContent: "The package" }),
      make("dl", {},
        entry("File", value("package", row)),
        entry("Build", value("build", row)),
        entry("Subdir", value("subdir", row)),
        entry("Channel", value("channel", row)),
        entry("Built", time === null ? null : new Date(time).toISOString().replace("T", " ").slice(0, 16) + " UTC"),
        entry("Found at", value("location", row)),
        entry("Read from", [value("read_from", row), value("place", row)].filter(Boolean).join(": ")),
        entry("sha256", sha256 ? make("span", { className: "code", textContent: sha256 }) : null, sha256 && trust[by] ? ` (${trust[by]})` : null),
      ),
      make("p", { className: "foot", textContent: CHECKS
        ? "What the package says is its own claim. The checks say what is known of it."
        : "Claimed by the package; not verified." }),
    );
    dialog.replaceChildren(content);
  };
  const open = row => {
    opened = row;
    drawDetail(row);
    const at = shown.indexOf(row);
    if (at >= 0) setActive(at);
    if (!dialog.open) {
      dialog.showModal();
      dialog.querySelector(".close").focus();
    }
    dialog.scrollTop = 0;
    writeView();
  };
  dialog.addEventListener("close", () => {
    if (dialog.open) return; // it has been opened again since
    opened = -1;
    writeView();
    if (shown.length) goTo(active);
  });
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });

  // ---- Start

  const showView = () => {
    const wanted = readView();
    opened = -1;
    update(true);
    const row = wanted ? order.find(each => value("package", each) === wanted) : undefined;
    if (row !== undefined) open(row);
    else if (dialog.open) dialog.close();
  };

  for (const span of document.querySelectorAll("[data-filter]")) {
    const [key, ...rest] = span.dataset.filter.split("="), text = rest.join("=");
    if (!DATA.facets[key].texts.includes(text)) continue;
    const button = make("button", { type: "button", className: "filter", textContent: span.textContent });
    button.setAttribute("aria-label", `${span.textContent}: show these packages`);
    button.addEventListener("click", () => {
      view.filters = { [key]: text };
      view.words = "";
      update();
      $("packages").scrollIntoView();
      $("packages").focus({ preventScroll: true });
    });
    span.replaceChildren(button);
  }
  makeHead();
  makeFilters();
  $("without-script").remove();
  $("table").hidden = false;

  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      view.words = search.value;
      update();
    }, 120);
  });
  $("sorting").addEventListener("change", event => {
    const text = event.target.value;
    view.sort = { key: text.replace(/^-/, ""), down: text.startsWith("-") };
    update(true);
  });
  $("filters").addEventListener("submit", event => event.preventDefault());
  $("clear").addEventListener("click", clear);
  body.addEventListener("click", event => {
    const tr = event.target.closest("tr[data-at]");
    if (!tr || event.target.closest("a") || String(getSelection())) return;
    setActive(Number(tr.dataset.at));
    open(shown[active]);
  });
  body.addEventListener("focusin", event => {
    const tr = event.target.closest("tr[data-at]");
    if (tr) setActive(Number(tr.dataset.at));
  });
  body.addEventListener("keydown", event => {
    const page = Math.max(1, Math.floor(innerHeight / height) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const start = event.target === body && (active < from || active >= to) ? from + EDGE : active + steps[event.key];
    goTo(start);
  });
  let asked = 0;
  const redraw = () => {
    if (!asked) asked = requestAnimationFrame(() => { asked = 0; draw(); });
  };
  addEventListener("scroll", redraw, { passive: true });
  addEventListener("resize", () => { measure(); redraw(); });
  addEventListener("hashchange", () => { if (!location.hash || location.hash.includes("=")) showView(); });
  addEventListener("beforeprint", () => {
    printing = true;
    const count = shown.length.toLocaleString("en");
    $("printed").hidden = false;
    $("printed").textContent = shown.length > PRINTED
      ? `The first ${PRINTED} of ${count} packages are printed. The page itself has all of them.`
      : `${count} of ${DATA.size.toLocaleString("en")} packages, as they were selected.`;
    draw(true);
  });
  addEventListener("afterprint", () => {
    printing = false;
    $("printed").hidden = true;
    draw(true);
  });

  showView();
  measure();
  performance.mark("table-ready");
})();

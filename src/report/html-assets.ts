/** The style of the page: the system's own fonts and colours, light or dark as its reader has it. */
export const STYLE = `
:root { color-scheme: light dark; --go: #b42318; --stay: #1a7f37; --change: #9a6700; --line: #d0d7de; --soft: #f6f8fa; --dim: #57606a; }
@media (prefers-color-scheme: dark) {
  :root { --go: #ff8a80; --stay: #57d364; --change: #e3b341; --line: #3d444d; --soft: #1c2128; --dim: #9da7b3; }
}
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 72rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
tbody th { min-width: 12rem; } tbody th .dim { font-weight: normal; }
td svg { width: 12.5rem; max-width: none; }
@media (max-width: 48rem) { .share { display: none; } th, td { padding: .3rem; } }
td.n, th.n { text-align: right; white-space: nowrap; }
caption { text-align: left; color: var(--dim); padding: .3rem 0; }
.scroll { overflow-x: auto; }
td code { overflow-wrap: anywhere; } .images td:nth-child(2) { min-width: 10rem; } .images td:last-child { min-width: 14rem; }
.go { color: var(--go); } .stay { color: var(--stay); } .change { color: var(--change); } .dim { color: var(--dim); }
.alarm { border: 2px solid var(--go); padding: .5rem 1rem; }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; padding: 0; list-style: none; }
.tiles li { border: 1px solid var(--line); background: var(--soft); border-radius: .4rem; padding: .5rem 1rem; min-width: 8rem; }
.tiles b { display: block; font-size: 1.4rem; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; padding: 0 .75rem; }
summary { cursor: pointer; padding: .5rem 0; overflow-wrap: anywhere; }
form { display: flex; flex-wrap: wrap; gap: 1rem; align-items: end; padding: .75rem 0; }
form { position: sticky; top: 0; background: Canvas; z-index: 1; }
form[hidden] { display: none; }
input[type=search] { font: inherit; padding: .3rem .5rem; width: min(24rem, 80vw); }
fieldset { border: 0; padding: 0; margin: 0; display: flex; flex-wrap: wrap; gap: .75rem; } legend { float: left; padding: 0; }
svg { display: block; max-width: 100%; } svg text { fill: currentColor; font-size: 12px; }
.line { fill: none; stroke: var(--stay); stroke-width: 2; } .area { fill: var(--stay); opacity: .15; }
.bar { fill: var(--go); } .ground { fill: var(--line); }
.tick-go { stroke: var(--go); stroke-width: 2; } .tick-stay { fill: var(--stay); } .axis { stroke: var(--line); }
code { font-family: ui-monospace, monospace; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
@media print { form { display: none; } }
`;

/** What the page does: it draws the images of each repository from the data, as text alone, and filters them. */
export const SCRIPT = `
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const ROWS = 200;
const make = (name, text, attributes) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  return element;
};
const draw = (name, attributes, text) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
};
const timeline = (repository, images) => {
  const known = images.filter((image) => image.time).map((image) => ({ at: Date.parse(image.time), goes: image.action === 'delete' }));
  if (known.length < 2) return make('p', 'No timeline: the times of these images are not known.', { class: 'dim' });
  const from = Math.min(...known.map(({ at }) => at));
  const to = Math.max(...known.map(({ at }) => at));
  const day = (time) => new Date(time).toISOString().slice(0, 10);
  const goes = known.filter((one) => one.goes).length;
  const label = 'Timeline from ' + day(from) + ' to ' + day(to) + ': ' + goes + ' go, ' + (known.length - goes) + ' stay.';
  const svg = draw('svg', { viewBox: '0 0 1000 84', role: 'img', 'aria-label': label });
  svg.append(draw('line', { x1: 60, x2: 990, y1: 42, y2: 42, class: 'axis' }));
  svg.append(draw('text', { x: 0, y: 28 }, 'stays'), draw('text', { x: 0, y: 62 }, 'goes'));
  svg.append(draw('text', { x: 60, y: 82 }, day(from)), draw('text', { x: 990, y: 82, 'text-anchor': 'end' }, day(to)));
  for (const { at, goes: isGone } of known) {
    const x = 64 + ((at - from) / Math.max(1, to - from)) * 920;
    if (isGone) svg.append(draw('path', { d: 'M' + (x - 4) + ' 53l8 8m0 -8l-8 8', class: 'tick-go' }));
    else svg.append(draw('circle', { cx: x, cy: 24, r: 4, class: 'tick-stay' }));
  }
  return svg;
};
const VERBS = { delete: ['goes', 'go'], untag: ['loses tags', 'change'], archive: ['into the archive', 'change'], keep: ['stays', 'stay'] };
const fill = (details, repository, images, most) => {
  const body = details.querySelector('.images');
  const table = make('table');
  table.append(make('caption', images.length + (images.length === 1 ? ' image' : ' images')));
  const head = make('tr');
  for (const [text, kind] of [['What'], ['Tags'], ['Size', 'n'], ['Time', 'n'], ['Why']])
    head.append(make('th', text, kind ? { scope: 'col', class: kind } : { scope: 'col' }));
  const rows = make('tbody');
  for (const image of images.slice(0, most)) {
    const row = make('tr');
    const name = make('td');
    name.append(make('code', image.tags.join(', ') || image.digest, { title: image.digest }));
    const [verb, kind] = VERBS[image.action];
    row.append(make('td', image.untag.length > 0 ? verb + ': ' + image.untag.join(', ') : verb, { class: kind }), name);
    row.append(make('td', image.size, { class: 'n' }), make('td', (image.time || '').slice(0, 10), { class: 'n' }), make('td', image.why));
    rows.append(row);
  }
  const top = make('thead');
  top.append(head);
  table.append(top, rows);
  const scroll = make('div', undefined, { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Images of ' + repository.name });
  scroll.append(table);
  const parts = [timeline(repository, images), scroll];
  if (images.length > most) {
    const more = make('button', 'Show ' + (images.length - most) + ' more', { type: 'button' });
    more.addEventListener('click', () => {
      fill(details, repository, images, Infinity);
      // The button is gone; without this, the keyboard would start again at the top of the page.
      details.querySelector('.scroll').focus();
    });
    parts.push(more);
  }
  body.replaceChildren(...parts);
};
const form = document.getElementById('filter');
const status = document.getElementById('status');
const list = document.getElementById('repositories');
const blocks = data.repositories.map((repository) => {
  const details = make('details');
  const summary = make('summary');
  const counts = make('span', undefined, { class: 'dim' });
  summary.append(make('strong', repository.name), ' ', counts);
  details.append(summary, make('div', undefined, { class: 'images' }));
  list.append(details);
  const block = { repository, details, counts, images: [] };
  details.addEventListener('toggle', () => details.open && fill(details, repository, block.images, ROWS));
  return block;
});
const update = () => {
  const words = form.elements.search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const actions = ['delete', 'untag', 'archive', 'keep'].filter((action) => form.elements[action].checked);
  let images = 0;
  let repositories = 0;
  for (const block of blocks) {
    const { repository, details, counts } = block;
    block.images = repository.images.filter((image) => {
      const text = [repository.name, image.digest, image.why, ...image.tags].join(' ').toLowerCase();
      return actions.includes(image.action) && words.every((word) => text.includes(word));
    });
    const goes = block.images.filter(({ action }) => action === 'delete').length;
    counts.textContent = goes + ' go, ' + (block.images.length - goes) + ' stay';
    details.hidden = block.images.length === 0;
    images += block.images.length;
    repositories += block.images.length > 0 ? 1 : 0;
    if (details.open) fill(details, repository, block.images, ROWS);
  }
  status.textContent =
    images + (images === 1 ? ' image in ' : ' images in ') + repositories + (repositories === 1 ? ' repository' : ' repositories');
};
form.addEventListener('input', update);
form.addEventListener('submit', (event) => event.preventDefault());
form.hidden = false;
update();
if (blocks.length === 1) blocks[0].details.open = true;
`;

/** Follows the page's own colour scheme, and the width it is given: a narrow one gets a card a layer. */
export const STYLE = `
.tfjsn { container-type: inline-size; font: 0.875rem/1.4 system-ui, sans-serif; color: light-dark(#1c2024, #e8eaed);
  font-variant-numeric: tabular-nums; --faint: light-dark(#5a6370, #a3abb6); --rule: light-dark(#dce0e6, #343a43);
  --ink: light-dark(#0b57d0, #8ab4f8); --bad: light-dark(#b3261e, #f2b8b5); --instance: light-dark(#b8500c, #ffab6b);
  --layer: light-dark(#0b57d0, #8ab4f8); --batch: light-dark(#2e7d32, #81c995); }
.tfjsn p { margin: 0 0 .5rem; }
.tfjsn .findings { margin: 0 0 .75rem; padding: .5rem .75rem .5rem 1.75rem; border: 1px solid var(--bad); border-radius: .5rem; color: var(--bad); }
.tfjsn table { border-collapse: collapse; width: 100%; }
.tfjsn caption { text-align: left; color: var(--faint); padding-bottom: .5rem; }
.tfjsn th, .tfjsn td { padding: .35rem .6rem; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; font-weight: 400; }
.tfjsn thead th { color: var(--faint); vertical-align: bottom; }
.tfjsn tbody th { font-weight: 600; overflow-wrap: anywhere; min-width: 8rem; }
.tfjsn small { display: block; color: var(--faint); font-weight: 400; font-size: .75rem; }
.tfjsn td > span, .tfjsn td > svg { display: block; }
.tfjsn .name { display: none; }
.tfjsn svg { max-width: 100%; overflow: visible; }
.tfjsn .line { fill: none; stroke: var(--ink); stroke-width: 1.5; stroke-linejoin: round; }
.tfjsn .dot { fill: var(--ink); }
.tfjsn .cross { fill: var(--bad); font-size: 12px; }
.tfjsn .part.instance { fill: var(--instance); } .tfjsn .part.layer { fill: var(--layer); } .tfjsn .part.batch { fill: var(--batch); }
.tfjsn i { display: inline-block; width: .7rem; height: .7rem; margin: 0 .25rem 0 .75rem; border-radius: .15rem; vertical-align: -.05rem; }
.tfjsn i.instance { background: var(--instance); margin-left: 0; } .tfjsn i.layer { background: var(--layer); } .tfjsn i.batch { background: var(--batch); }
.tfjsn .legend { color: var(--faint); margin: .5rem 0 0; }
@container (max-width: 46rem) {
  .tfjsn table, .tfjsn tbody, .tfjsn caption { display: block; }
  .tfjsn thead { display: none; }
  .tfjsn tr { display: grid; grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr)); border-bottom: 1px solid var(--rule); padding: .5rem 0; }
  .tfjsn tbody th { grid-column: 1 / -1; }
  .tfjsn tr th, .tfjsn tr td { border: 0; padding: .2rem 0; }
  .tfjsn td:empty { display: none; }
  .tfjsn .name { display: block; color: var(--faint); font-size: .75rem; }
}
`;

/** Of the page, light and dark, from 390 pixels on. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1d2430;--soft:#5a6472;--paper:#fff;--card:#f5f6f8;--edge:#d9dde3;--error:#c0262d;--warning:#a35a00;--info:#1f66b0;--norm:#6b4fbb;--weights:#4d8f6f;--other:#b4bcc8}
@media (prefers-color-scheme:dark){:root{--ink:#e7eaef;--soft:#a3adba;--paper:#14181f;--card:#1d232c;--edge:#333c48;--error:#ff8a80;--warning:#f0b35a;--info:#82b8f5;--norm:#a892f0;--weights:#6fbf97;--other:#56606e}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:64rem;margin:0 auto;padding:1.25rem 1rem 3rem}
h1{font-size:1.5rem;line-height:1.2;margin:0 0 .25rem}
h2{font-size:1.15rem;margin:2rem 0 .6rem}
h3{font-size:1rem;margin:0 0 .4rem}
p{margin:.4rem 0}
code{font:.92em ui-monospace,monospace;overflow-wrap:anywhere}
a{color:var(--info)}
.summary{font-size:1.05rem;color:var(--soft)}
figure{margin:0}
svg{display:block;width:100%;height:7.5rem;background:var(--card);border:1px solid var(--edge);border-radius:6px}
figcaption{display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin:.35rem 0 .6rem;font-size:.85rem;color:var(--soft)}
.key i{display:inline-block;width:.75em;height:.75em;border-radius:2px;margin-right:.35em}
rect.norm{fill:var(--norm)}rect.weights{fill:var(--weights)}rect.other{fill:var(--other)}rect.error{fill:var(--error)}rect.warning{fill:var(--warning)}rect.info{fill:var(--info)}rect.line{fill:var(--ink)}
i.norm{background:var(--norm)}i.weights{background:var(--weights)}i.other{background:var(--other)}i.error{background:var(--error)}i.warning{background:var(--warning)}i.info{background:var(--info)}
article{background:var(--card);border:1px solid var(--edge);border-left-width:5px;border-radius:6px;padding:.7rem .9rem;margin:0 0 .8rem}
article.error{border-left-color:var(--error)}article.warning{border-left-color:var(--warning)}article.info{border-left-color:var(--info)}
.badge{display:inline-block;border-radius:4px;padding:0 .45em;font-size:.8rem;color:var(--paper);background:var(--info)}
.error .badge{background:var(--error)}.warning .badge{background:var(--warning)}
ul{margin:.3rem 0;padding-left:1.2rem}
li span,.source{color:var(--soft);font-size:.88rem;overflow-wrap:anywhere}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,18rem),1fr));gap:1rem}
.norm-card{min-width:0}.norm-card svg{height:4.5rem}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--edge)}
td:last-child{overflow-wrap:anywhere}th,td:nth-child(2){white-space:nowrap}
summary{cursor:pointer;color:var(--info);font-size:.88rem}
th{font-weight:600}
`;

import { css } from 'lit';

export const launchStyles = css`
  dialog {
    max-width: min(420px, calc(100vw - 48px));
    padding: 16px 20px;
    color: var(--vscode-foreground);
    background: var(--vscode-editorWidget-background, var(--vscode-editor-background));
    border: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, var(--vscode-panel-border, transparent)));
    border-radius: 4px;
    box-shadow: 0 2px 8px var(--vscode-widget-shadow, transparent);
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 40%);
  }
  dialog p {
    margin: 0 0 16px;
  }
  .cards {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
    gap: 8px;
    margin-bottom: 12px;
  }
  .card {
    position: relative;
    display: flex;
    gap: 8px;
    padding: 10px;
    border: 1px solid var(--vscode-contrastBorder, var(--vscode-settings-textInputBorder, var(--vscode-widget-border, transparent)));
    border-radius: 6px;
    cursor: pointer;
  }
  .card:hover {
    background: var(--vscode-list-hoverBackground);
  }
  .card.chosen {
    border-color: var(--vscode-focusBorder);
    box-shadow: inset 0 0 0 1px var(--vscode-focusBorder);
  }
  .card strong {
    display: block;
    font-weight: 600;
  }
  .card .for {
    display: block;
    color: var(--vscode-descriptionForeground);
  }
  .pair {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 150px), 160px));
    column-gap: 24px;
  }
  .nested .field {
    margin-bottom: 8px;
  }
  .beneath {
    margin: -16px 0 24px;
  }
  .ticks {
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    gap: 2px;
  }
  .sections {
    border-bottom: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, var(--vscode-panel-border, transparent)));
  }
  .section {
    border-top: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, var(--vscode-panel-border, transparent)));
  }
  summary {
    display: grid;
    grid-template-columns: 16px auto minmax(0, 1fr);
    column-gap: 8px;
    align-items: center;
    padding: 8px 0;
    cursor: pointer;
    list-style: none;
    border-radius: 3px;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  summary .chevron {
    transition: transform 80ms;
  }
  details[open] > summary .chevron {
    transform: rotate(90deg);
  }
  summary .title {
    font-weight: 600;
  }
  summary .chosen {
    overflow: hidden;
    white-space: nowrap;
    text-overflow: ellipsis;
    color: var(--vscode-descriptionForeground);
    grid-column: -2 / -1;
    text-align: right;
  }
  summary .wrong {
    display: flex;
    gap: 4px;
    align-items: center;
    white-space: nowrap;
  }
  summary:has(.wrong) {
    grid-template-columns: 16px auto auto minmax(0, 1fr);
  }
  .inside {
    padding: 8px 0 8px 24px;
  }
  @media (prefers-reduced-motion: reduce) {
    summary .chevron {
      transition: none;
    }
  }
  fieldset.rows {
    container-type: inline-size;
  }
  fieldset.rows > .quiet {
    margin-bottom: 8px;
  }
  .row {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 28px;
    column-gap: 8px;
    margin-bottom: 8px;
  }
  .boxed > .row {
    padding: 12px 8px 12px 12px;
    border: 1px solid
      var(--vscode-contrastBorder, var(--vscode-widget-border, var(--vscode-panel-border, var(--vscode-settings-textInputBorder))));
    border-radius: 6px;
  }
  .row > .said,
  .row > .ticks,
  .row > .inline,
  .row > .wide {
    grid-column: 1 / -1;
  }
  .cells {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 8px;
  }
  .cell {
    min-width: 0;
  }
  .cell.wide {
    margin-top: 8px;
  }
  .mini {
    display: block;
    margin-bottom: 2px;
    color: var(--vscode-descriptionForeground);
  }
  .row .ticks {
    flex-direction: row;
    flex-wrap: wrap;
    column-gap: 20px;
    margin-top: 8px;
  }
  .inside > .ticks,
  .inside > vscode-checkbox {
    margin-bottom: 24px;
  }
  .inline {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 16px;
    align-items: center;
    margin-top: 8px;
  }
  .remove {
    align-self: start;
    margin-top: calc(1.45em + 2px);
  }
  .iconic {
    width: 28px;
    height: 28px;
    padding: 0;
    border: 0;
    border-radius: 3px;
    color: var(--vscode-icon-foreground, inherit);
    background: none;
    cursor: pointer;
  }
  .iconic:hover {
    background: var(--vscode-toolbar-hoverBackground);
    outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
  }
  .narrow {
    max-width: 260px;
  }
  @container (min-width: 440px) {
    .cells {
      grid-template-columns: repeat(12, minmax(0, 1fr));
    }
    .span-3 {
      grid-column: span 3;
    }
    .span-5 {
      grid-column: span 5;
    }
    .span-6 {
      grid-column: span 6;
    }
    .span-7 {
      grid-column: span 7;
    }
    .span-9 {
      grid-column: span 9;
    }
    .span-12 {
      grid-column: span 12;
    }
    .rows:not(.boxed) > .row ~ .row .mini {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
      white-space: nowrap;
    }
    .rows:not(.boxed) > .row ~ .row .remove {
      margin-top: 0;
    }
  }
  .control:has(> .browse) {
    position: relative;
  }
  .control:has(> .browse) input {
    padding-right: 108px;
  }
  .browse {
    position: absolute;
    right: 8px;
    top: 4px;
    display: flex;
    gap: 8px;
  }
  .diff {
    margin-bottom: 24px;
    padding: 8px 12px;
    border-left: 3px solid var(--vscode-focusBorder);
    background: var(--vscode-textBlockQuote-background, transparent);
  }
  .diff .added {
    display: flex;
    gap: 6px;
    align-items: flex-start;
    margin-top: 4px;
  }
  .diff .icon {
    margin-top: 2px;
  }
  .cost {
    margin-bottom: 12px;
    padding-bottom: 12px;
    border-bottom: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, var(--vscode-panel-border, transparent)));
  }
  .cost strong {
    font-size: 1.15em;
    font-weight: 600;
  }
  .cost p + p {
    margin-top: 6px;
  }
  .badge {
    margin-left: 8px;
    padding: 1px 6px;
    border-radius: 9px;
    font-size: 0.9em;
    color: var(--vscode-badge-foreground);
    background: var(--vscode-badge-background);
    border: 1px solid var(--vscode-contrastBorder, transparent);
    white-space: nowrap;
  }
  .allowed {
    display: flex;
    gap: 6px;
    align-items: flex-start;
    margin-top: 6px;
  }
  .links {
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    gap: 4px;
  }
  dl {
    display: grid;
    gap: 10px;
    margin: 0;
  }
  dt {
    color: var(--vscode-descriptionForeground);
    font-size: 0.92em;
  }
  dd {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 4;
    overflow: hidden;
    margin: 0;
    overflow-wrap: anywhere;
  }
  aside vscode-button {
    width: 100%;
  }
  .waiting {
    display: flex;
    gap: 10px;
    align-items: center;
    margin-top: 32px;
  }
`;

import { css } from 'lit';

export const launchStyles = css`
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
  .ticks {
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    gap: 2px;
  }
  details {
    margin-bottom: 24px;
  }
  summary {
    cursor: pointer;
    font-weight: 600;
    padding: 2px 0;
    margin-bottom: 8px;
    border-radius: 3px;
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

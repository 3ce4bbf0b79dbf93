import { css } from 'lit';

export const deployStyles = css`
  section {
    margin-bottom: 32px;
  }
  .found {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 16px;
    margin: 0 0 28px;
    padding: 0;
    list-style: none;
    color: var(--vscode-descriptionForeground);
  }
  .findings {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  h3 {
    margin: 16px 0 4px;
    font-size: 1em;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  .aside {
    margin-top: 12px;
  }
  .findings li {
    padding: 10px 0;
    border-top: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
  }
  .mend {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 16px;
    margin: 4px 0 0 24px;
  }
  ol.plan {
    margin: 0;
    padding-left: 22px;
  }
  ol.plan li {
    padding: 3px 0;
    overflow-wrap: anywhere;
  }
  ol.plan li::marker {
    color: var(--vscode-descriptionForeground);
  }
  .url {
    display: block;
    margin-bottom: 12px;
    overflow-wrap: anywhere;
  }
  .update {
    margin: 0 0 20px;
  }
  .update p {
    margin: 0 0 8px;
  }
  .update ul {
    margin: 4px 0 8px;
    padding-left: 18px;
    list-style: none;
  }
  .update li {
    padding: 2px 0;
    overflow-wrap: anywhere;
  }
  .changes {
    margin: 12px 0 0;
    padding: 0;
    list-style: none;
  }
  aside vscode-button {
    width: 100%;
  }
`;

import { css } from 'lit';

export const envStyles = css`
  .env {
    max-width: 760px;
  }
  .section {
    margin-bottom: 36px;
  }
  .section > h2 {
    padding-bottom: 6px;
    border-bottom: 1px solid var(--vscode-settings-headerBorder, var(--vscode-widget-border, var(--vscode-contrastBorder, transparent)));
  }
  .about {
    margin: -4px 0 16px;
  }
  .search {
    position: sticky;
    top: 0;
    z-index: 1;
    padding: 8px 0;
    background: var(--vscode-editor-background);
  }
  .variable {
    margin-bottom: 24px;
  }
  .variable .field {
    margin-bottom: 0;
  }
  .users {
    margin-top: 2px;
  }
  .below .remark {
    margin-top: 6px;
  }
  .note.inline {
    display: inline-flex;
    gap: 6px;
  }
  details {
    margin-top: 6px;
  }
  .own {
    padding: 6px 0 0 14px;
    white-space: pre-line;
  }
  .maker {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    margin-top: 8px;
  }
  .maker input,
  .secret .maker input {
    width: 72px;
    padding-right: 4px;
  }
  .maker select {
    width: auto;
  }
  .small {
    font: inherit;
    padding: 3px 12px;
    min-height: 28px;
    color: var(--vscode-button-secondaryForeground);
    background: var(--vscode-button-secondaryBackground);
    border: 1px solid var(--vscode-contrastBorder, var(--vscode-button-border, transparent));
    border-radius: 3px;
    cursor: pointer;
  }
  .small:hover:not(:disabled) {
    background: var(--vscode-button-secondaryHoverBackground);
  }
  .small:disabled {
    opacity: 0.5;
    cursor: default;
  }
  .strength {
    display: flex;
    align-items: center;
    gap: 8px;
    margin-top: 8px;
  }
  .bar {
    width: 96px;
    height: 4px;
    border-radius: 2px;
    background: linear-gradient(to right, var(--meter) 0 var(--share), rgb(128 128 128 / 40%) var(--share));
  }
  .weak {
    --meter: var(--vscode-errorForeground);
    --share: 25%;
  }
  .fair {
    --meter: var(--vscode-editorWarning-foreground, var(--vscode-charts-yellow));
    --share: 60%;
  }
  .strong {
    --meter: var(--vscode-testing-iconPassed, var(--vscode-charts-green));
    --share: 100%;
  }
  .choice .name {
    font-weight: 600;
  }
  .word {
    color: var(--vscode-descriptionForeground);
  }
  input[type='checkbox'] {
    flex: none;
    width: 16px;
    height: 16px;
    margin: 2px 0 0;
    accent-color: var(--vscode-button-background);
  }
  .absent {
    margin: 8px 0 12px;
    padding: 0;
    list-style: none;
  }
  .absent li {
    display: flex;
    gap: 12px;
    align-items: center;
    justify-content: space-between;
    padding: 6px 0;
    border-top: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
  }
  .what {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 12px;
    min-width: 0;
    overflow-wrap: anywhere;
  }
`;

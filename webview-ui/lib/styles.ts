import { css } from 'lit';

/** What both pages share: theme colors only, an 8 px rhythm, two columns that stack below 700 px. */
export const pageStyles = css`
  :host {
    display: block;
    color: var(--vscode-foreground);
    font-family: var(--vscode-font-family);
    font-size: var(--vscode-font-size);
    line-height: 1.45;
  }
  * {
    box-sizing: border-box;
  }
  h1 {
    font-size: 1.7em;
    font-weight: 500;
    line-height: 1.25;
    margin: 24px 0 4px;
    overflow-wrap: anywhere;
  }
  h2 {
    font-size: 1.1em;
    font-weight: 600;
    margin: 0 0 12px;
  }
  p {
    margin: 0;
  }
  .page {
    max-width: 1080px;
    padding-bottom: 40px;
  }
  .lead {
    color: var(--vscode-descriptionForeground);
    margin-bottom: 24px;
    overflow-wrap: anywhere;
  }
  .columns {
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(264px, 320px);
    column-gap: 40px;
    align-items: start;
  }
  aside {
    position: sticky;
    top: 16px;
    /* The heading's height is left free, so that the button is in sight before anything is scrolled. */
    max-height: calc(100vh - 116px);
    overflow-y: auto;
    padding: 16px;
    background: var(--vscode-sideBar-background, transparent);
    border: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, var(--vscode-panel-border, transparent)));
    border-radius: 6px;
  }
  .run {
    max-width: 760px;
  }
  @media (max-width: 699px) {
    .columns {
      grid-template-columns: minmax(0, 1fr);
      row-gap: 24px;
    }
    aside {
      position: static;
      max-height: none;
    }
  }
  .foot {
    position: sticky;
    bottom: -16px;
    margin: 16px -16px -16px;
    padding: 8px 16px 16px;
    background: var(--vscode-sideBar-background, var(--vscode-editor-background));
  }
  .foot > :not(vscode-button):not(:empty) {
    margin-top: 8px;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin: 16px 0;
  }
  .quiet {
    color: var(--vscode-descriptionForeground);
  }
  code {
    font-family: var(--vscode-editor-font-family, monospace);
    font-size: 0.95em;
    color: inherit;
    background: none;
    overflow-wrap: anywhere;
  }
  .icon {
    flex: none;
    vertical-align: -3px;
  }
  .icon.error {
    color: var(--vscode-errorForeground);
  }
  .icon.warning {
    color: var(--vscode-editorWarning-foreground, var(--vscode-notificationsWarningIcon-foreground));
  }
  .icon.info {
    color: var(--vscode-editorInfo-foreground, var(--vscode-notificationsInfoIcon-foreground));
  }
  .icon.done {
    color: var(--vscode-testing-iconPassed, var(--vscode-charts-green));
  }
  .note {
    display: flex;
    gap: 8px;
    align-items: flex-start;
    overflow-wrap: anywhere;
  }
  .note > .icon {
    margin-top: 2px;
  }
  .banner {
    padding: 12px;
    margin-bottom: 16px;
    border: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, var(--vscode-panel-border, transparent)));
    border-left: 3px solid var(--vscode-focusBorder);
    border-radius: 3px;
    background: var(--vscode-textBlockQuote-background, transparent);
  }
  .banner.failed {
    border-left-color: var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground));
  }
  .banner.done {
    border-left-color: var(--vscode-testing-iconPassed, var(--vscode-charts-green));
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .link {
    font: inherit;
    padding: 0;
    border: 0;
    background: none;
    color: var(--vscode-textLink-foreground);
    text-decoration: underline;
    cursor: pointer;
    text-align: left;
  }
  .link:hover {
    color: var(--vscode-textLink-activeForeground);
  }
  :focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: 1px;
  }
`;

/** Fields: label above, control, then help and the problem beneath. */
export const fieldStyles = css`
  .field,
  fieldset {
    margin: 0 0 24px;
    padding: 0;
    border: 0;
    min-width: 0;
  }
  label.name,
  legend {
    display: block;
    padding: 0;
    margin-bottom: 6px;
    font-weight: 600;
  }
  .help,
  .problem,
  .remark {
    margin-top: 6px;
    max-width: 80ch;
    overflow-wrap: anywhere;
  }
  .help {
    color: var(--vscode-descriptionForeground);
    white-space: pre-line;
  }
  .problem,
  .remark {
    display: flex;
    gap: 6px;
    align-items: flex-start;
  }
  .problem .icon,
  .remark .icon {
    margin-top: 2px;
  }
  input:is([type='text'], [type='password'], [type='number']),
  textarea,
  select {
    font: inherit;
    width: 100%;
    min-height: 28px;
    padding: 3px 8px;
    color: var(--vscode-settings-textInputForeground, var(--vscode-input-foreground));
    background: var(--vscode-settings-textInputBackground, var(--vscode-input-background));
    border: 1px solid var(--vscode-contrastBorder, var(--vscode-settings-textInputBorder, var(--vscode-input-border, transparent)));
    border-radius: 3px;
  }
  select {
    color: var(--vscode-settings-dropdownForeground, var(--vscode-dropdown-foreground));
    background: var(--vscode-settings-dropdownBackground, var(--vscode-dropdown-background));
    border-color: var(--vscode-contrastBorder, var(--vscode-settings-dropdownBorder, var(--vscode-dropdown-border)));
  }
  input::placeholder,
  textarea::placeholder {
    color: var(--vscode-input-placeholderForeground);
    opacity: 1;
  }
  textarea {
    display: block;
    resize: vertical;
    padding: 6px 8px;
    font-family: var(--vscode-editor-font-family, monospace);
    font-size: var(--vscode-editor-font-size, 13px);
  }
  :is(input, textarea, select):focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: -1px;
  }
  [aria-invalid='true']:is(input, textarea, select) {
    border-color: var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground));
  }
  input[type='radio'] {
    appearance: none;
    flex: none;
    width: 16px;
    height: 16px;
    margin: 2px 0 0;
    border: 1px solid var(--vscode-contrastBorder, var(--vscode-settings-checkboxBorder, var(--vscode-checkbox-border, currentColor)));
    border-radius: 50%;
    background: var(--vscode-settings-checkboxBackground, var(--vscode-checkbox-background));
  }
  input[type='radio']:checked {
    background: radial-gradient(circle, var(--vscode-settings-checkboxForeground, var(--vscode-foreground)) 0 4px, transparent 4.5px);
    background-color: var(--vscode-settings-checkboxBackground, var(--vscode-checkbox-background));
  }
  input[type='radio']:focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: 1px;
  }
  @media (forced-colors: active) {
    input[type='radio'] {
      appearance: auto;
    }
  }
  label.choice {
    display: flex;
    gap: 8px;
    align-items: flex-start;
    padding: 3px 0;
    cursor: pointer;
  }
  .nested {
    margin: 4px 0 8px 24px;
  }
`;

/** Values to choose from below a field, and the eye in a field that hides what it holds. */
export const valueStyles = css`
  .chips {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-top: 8px;
  }
  .chip {
    font: inherit;
    max-width: 100%;
    padding: 3px 10px;
    text-align: left;
    overflow-wrap: anywhere;
    color: var(--vscode-button-secondaryForeground);
    background: var(--vscode-button-secondaryBackground);
    border: 1px solid var(--vscode-contrastBorder, var(--vscode-button-border, transparent));
    border-radius: 12px;
    cursor: pointer;
  }
  .chip:hover {
    background: var(--vscode-button-secondaryHoverBackground);
  }
  .control {
    position: relative;
  }
  .reveal {
    position: absolute;
    right: 3px;
    top: 3px;
    display: grid;
    place-items: center;
    width: 24px;
    height: 22px;
    padding: 0;
    border: 0;
    border-radius: 3px;
    color: inherit;
    background: none;
    cursor: pointer;
  }
  .reveal:hover {
    background: var(--vscode-toolbar-hoverBackground);
  }
  .secret input {
    padding-right: 32px;
  }
`;

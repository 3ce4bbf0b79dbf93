/** Spec files by name; stands alone, so that what is registered at the start loads nothing of what reads them. */
export const SPEC_GLOB = '**/*.skylab.{yaml,yml}';

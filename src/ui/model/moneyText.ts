/** Dollars, in as many digits as say something: `$0.02`, `$1.12`, `$0.0052`, `$31`. */
export function dollars(amount: number): string {
  if (amount >= 100) return `$${amount.toFixed(0)}`;
  if (amount >= 0.01 || amount === 0) return `$${amount.toFixed(2)}`;
  return `$${amount.toFixed(4).replace(/0+$/, '').replace(/\.$/, '')}`;
}

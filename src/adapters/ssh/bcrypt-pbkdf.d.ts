/** The package brings no types. OpenBSD's bcrypt_pbkdf(3); returns -1 for arguments that it cannot use. */
declare module 'bcrypt-pbkdf' {
  export function pbkdf(
    passphrase: Uint8Array,
    passphraseLength: number,
    salt: Uint8Array,
    saltLength: number,
    key: Uint8Array,
    keyLength: number,
    rounds: number,
  ): number;
}

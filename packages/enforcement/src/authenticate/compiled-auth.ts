/** What proves that a caller is a profile, ready to compare with. */
export type CompiledAuth = CompiledToken | { readonly type: 'none' };

export interface CompiledToken {
  readonly type: 'token';
  readonly tokens: readonly { readonly digest: Uint8Array; readonly expiresAtMs: number }[];
}

/** What the key's owner pays for: `basic` sees the consolidated feed 15 minutes late, `unlimited` at once. */
export type Plan = 'basic' | 'unlimited';

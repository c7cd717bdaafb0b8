export const password = {
  help: 'At least 8 characters, five of them different; none that everybody tries first.',
  short: 'At least 8 characters.',
  long: 'At most 256 bytes.',
  same: 'At least five different characters.',
  strength: { none: 'Too short', weak: 'Easy to guess', fair: 'Fair', good: 'Good', strong: 'Strong' },
}

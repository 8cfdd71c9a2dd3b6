// In CI the properties are tried with the same inputs every time, so that a change is judged by what
// it changed. Everywhere else the inputs are new with every run, and finds are reported with their seed.
import fc from 'fast-check';

if (process.env.CI === 'true') fc.configureGlobal({ seed: 20_261_121 });

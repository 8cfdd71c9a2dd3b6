import { Global, Module } from '@nestjs/common';
import { KeyRotation } from './key-rotation.ts';
import { Vault } from './vault.ts';

@Global()
@Module({ providers: [Vault, KeyRotation], exports: [Vault] })
export class VaultModule {}

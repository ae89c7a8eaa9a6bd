"""What single models do beyond keeping values."""

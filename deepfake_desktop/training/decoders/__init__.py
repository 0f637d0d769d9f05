"""Small encoder-decoders that training itself fits to the faces, for what generators leave."""

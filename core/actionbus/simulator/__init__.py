"""The Live Actions protocol from the server's side: recordings and generated matches, served with faults on request."""

"""gongji: a pharmacy counter that settles medical-insurance QR vouchers."""

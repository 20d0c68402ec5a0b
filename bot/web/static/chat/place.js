'use strict';

/* Where the resident stands. A rough position would lead to the wrong ward: the page asks before sending one. */

const ROUGH_METRES = 250;

/** {lat, lon, accuracy in metres}. Throws Error with a sentence for the resident. */
function findPlace() {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) {
      reject(new Error(WORDS.placeMissing));
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lat: coords.latitude, lon: coords.longitude, accuracy: coords.accuracy }),
      (error) => reject(new Error(error.code === error.PERMISSION_DENIED ? WORDS.placeDenied : WORDS.placeUnknown)),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
    );
  });
}

/** `350 m`, `1,2 km`. */
function distance(metres) {
  return metres < 1000 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toFixed(1).replace('.', ',')} km`;
}
